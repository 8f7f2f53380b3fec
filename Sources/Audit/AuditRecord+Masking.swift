// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditRecord {
  /// The record for people and programs without what names the patient: what was sent and fetched, what was shown before, links and
  /// the ids of resources. Inputs with their values, outputs and what the cards said stay.
  package var maskedJSON: JSON {
    guard case .object(var members) = json, case .object(let payload)? = json["payload"] else { return json }
    let masked = payload.compactMap { member -> JSON.Member? in
      switch member.name {
      case "request", "requestDigest", "fetched", "state": nil
      case "response": JSON.Member("response", ["cards": .array(member.value.list("cards").map(Self.maskedCard))])
      default: JSON.Member(member.name, Self.withoutIDs(member.value))
      }
    }
    members.removeAll { $0.name == "payload" }
    return .object(members + [JSON.Member("payload", .object(masked))])
  }

  private static func maskedCard(_ card: JSON) -> JSON {
    [
      "summary": masked(card["summary"]), "indicator": card["indicator"], "detail": masked(card["detail"]),
      "source": ["label": card["source"]?["label"]],
      "suggestions": .array(card.list("suggestions").map { ["label": masked($0["label"])] }),
    ]
  }

  /// A card's text with the types of the resources that it goes back to alone, and without the dates that an age was made of.
  private static func masked(_ text: JSON?) -> JSON? {
    guard case .string(let text)? = text else { return text }
    // Types of resources have four letters or more; units such as U/L do not.
    let masked = text.replacing(#/\b([A-Z][A-Za-z]{3,})\/[^\s|)\]]+/#) { "\($0.output.1)/\u{2026}" }
      .replacing(#/\burn:[^\s|)\]]+/#, with: "\u{2026}")
      .replacing(#/ \(charted [0-9]{4}(-[0-9]{2}){0,2}[^)]*\)/#, with: "")
    return .string(masked)
  }

  /// References with their types alone.
  private static func withoutIDs(_ json: JSON) -> JSON {
    switch json {
    case .array(let values): return .array(values.map(withoutIDs))
    case .object(let members):
      // Dates of birth and of stays are what is known of a patient outside as well.
      var isOfPerson = false
      if case .string(let code)? = json["code"] {
        isOfPerson = code.hasPrefix("Patient.") || code.hasPrefix("Encounter.")
      }
      return .object(
        members.filter { !isOfPerson || !["value", "instant"].contains($0.name) }.map { member in
          guard member.name == "resource", case .string(let text) = member.value else {
            return JSON.Member(member.name, withoutIDs(member.value))
          }
          let type = text.split(separator: "/").dropLast().last.map { "\($0)/" } ?? ""
          return JSON.Member(member.name, .string("\(type)\u{2026}"))
        })
    default: return json
    }
  }
}
