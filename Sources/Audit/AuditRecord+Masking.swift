// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditRecord {
  /// The record for people and programs without what names the patient: what was sent and fetched, what was shown before, links and
  /// the ids of resources, and the text of an amendment. Inputs with their values, outputs and what the cards said stay.
  package var maskedJSON: JSON {
    if entry.payload?.amendment != nil {
      var masked = json
      masked["payload"] = ["textWithheld": .string(Self.maskedText)]
      return masked
    }
    guard case .object(var members) = json, case .object(let payload)? = json["payload"] else { return json }
    // What the inputs came from, wherever a card's text names it; of two the longer first.
    let references = Self.references(in: .object(payload.filter { ["features", "outputs"].contains($0.name) }))
      .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    let masked = payload.compactMap { member -> JSON.Member? in
      switch member.name {
      case "request", "requestDigest", "fetched", "state": nil
      case "response":
        JSON.Member(
          "response", ["cards": .array(member.value.list("cards").map { Self.maskedCard($0, references) })])
      default: JSON.Member(member.name, Self.withoutIDs(member.value))
      }
    }
    members.removeAll { $0.name == "payload" }
    return .object(members + [JSON.Member("payload", .object(masked))])
  }

  private static func maskedCard(_ card: JSON, _ references: [String]) -> JSON {
    [
      "summary": masked(card["summary"], references), "indicator": card["indicator"],
      "detail": masked(card["detail"], references), "source": ["label": card["source"]?["label"]],
      "suggestions": .array(card.list("suggestions").map { ["label": masked($0["label"], references)] }),
    ]
  }

  /// A card's text with the types of the resources that it goes back to alone, without addresses, and without the dates that an age
  /// was made of.
  private static func masked(_ text: JSON?, _ references: [String]) -> JSON? {
    guard case .string(var text)? = text else { return text }
    for reference in references { text = text.replacing(reference, with: typeAlone(reference)) }
    return .string(
      text.replacing(#/\b[A-Za-z][A-Za-z0-9+.\-]*:\/\/[^\s|)\]]+|\burn:[^\s|)\]]+/#, with: "\u{2026}")
        // What is no type of a resource is a word or a unit, such as Heart/Lung and U/L.
        .replacing(#/\b([A-Z][A-Za-z]+)\/[^\s|)\]]+/#) { found in
          let isType = ElementTable.r4Table.resource(named: String(found.output.1)) != nil
          return isType ? typeAlone(String(found.output.0)) : String(found.output.0)
        }
        .replacing(#/ \(charted [0-9]{4}(-[0-9]{2}){0,2}[^)]*\)/#, with: ""))
  }

  /// What says of a resource which it is: `Type/id`, the id of one that is contained, an address.
  private static func references(in json: JSON) -> Set<String> {
    switch json {
    case .array(let values): return values.reduce(into: []) { $0.formUnion(references(in: $1)) }
    case .object(let members):
      return members.reduce(into: []) { found, member in
        if member.name == "resource", case .string(let text) = member.value {
          if text.contains("/") || text.contains(":") || text.hasPrefix("#") { found.insert(text) }
        } else {
          found.formUnion(references(in: member.value))
        }
      }
    default: return []
    }
  }

  private static func typeAlone(_ reference: String) -> String {
    let type = reference.split(separator: "/").dropLast().last ?? ""
    return ElementTable.r4Table.resource(named: String(type)) == nil ? "\u{2026}" : "\(type)/\u{2026}"
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
          return JSON.Member(member.name, .string(typeAlone(text)))
        })
    default: return json
    }
  }
}
