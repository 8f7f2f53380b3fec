// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Identifiers of all 18 kinds (45 CFR 164.514(b)(2)(i)), and charts in which they stand in every text.
enum Planted {
  static let identifiers: [(kind: String, text: String)] = [
    ("name", "Zacharias Quillfeather"), ("place", "4711 Wombat Street"), ("date", "born 13.07.1951"),
    ("telephone", "+1 (617) 555-0199"), ("fax", "Fax 617 555 0142"), ("email", "quill@feather.example"),
    ("social-security", "078-05-1120"), ("medical-record", "MRN-8842917"), ("health-plan", "MBI 1EG4-TE5-MK73"),
    ("account", "ACCT-99173355"), ("licence", "DEA BQ1234563"), ("vehicle", "1HGCM82633A004352"),
    ("device", "UDI-00844588003288"), ("url", "https://quill.example/feather"), ("ip-address", "203.0.113.77"),
    ("biometric", "fingerprint:9f8e7d6c5b"), ("photograph", "data:image/png;base64,iVBORw0KGgoQUILL"),
    ("other", "quillfeather_77"),
  ]

  /// The chart with a text in the place of every text in it but the names of types, and beside them in elements that a resource
  /// may have and no model needs; the place of each is counted by `next`.
  static func chart(_ json: JSON, _ next: () -> String) -> JSON {
    switch json {
    case .string: return .string(next())
    case .array(let entries): return .array(entries.map { chart($0, next) })
    case .number, .boolean, .null: return json
    case .object(let members):
      var planted = members.map { member in
        member.name == "resourceType" ? member : JSON.Member(member.name, chart(member.value, next))
      }
      if json["resourceType"] != nil {
        for name in ["name", "telecom", "photo", "note", "extension", "contact", "quillfeather", "valueString"]
        where json[name] == nil {
          planted.append(JSON.Member(name, [["value": .string(next()), "text": .string(next())]]))
        }
        if json["_birthDate"] == nil {
          planted.append(JSON.Member("_birthDate", ["extension": [["valueDateTime": .string(next())]]]))
        }
        if json["contained"] == nil { planted.append(JSON.Member("contained", [contained(next)])) }
      }
      return .object(planted)
    }
  }

  private static func contained(_ next: () -> String) -> JSON {
    [
      "resourceType": "Patient", "id": .string(next()), "name": [["family": .string(next())]],
      "address": [["line": [.string(next())], "postalCode": .string(next()), "state": .string(next())]],
      "identifier": [["system": .string(next()), "value": .string(next())]],
    ]
  }
}
