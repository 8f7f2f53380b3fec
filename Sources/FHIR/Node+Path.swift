// SPDX-License-Identifier: Apache-2.0

extension Node {
  /// The place as a FHIRPath, such as `Bundle.entry[3].resource.code`, found by descending from the root.
  ///
  /// A path is shown in errors and logs, and member names are input: one that no specification gave is shown as `?`.
  package var path: String {
    // A tape of NDJSON has a root for each line.
    var root: UInt32 = 0
    while tape.view.next(root) <= index { root = tape.view.next(root) }
    let type = Node(tape: tape, index: root).resourceType
    var text = type.flatMap { ElementTable.r4Table.resource(named: $0) == nil ? nil : $0 } ?? "$"
    var at = root
    while at != index {
      let isArray = tape.view.kind(at) == .array
      var position = 0
      var child = at + 1
      while tape.view.next(child) <= index {
        child = tape.view.next(child)
        position += 1
      }
      if isArray {
        text += "[\(position)]"
      } else {
        text += "." + (Node(tape: tape, index: child).publicName ?? "?")
      }
      at = child
    }
    return text
  }

  /// The member name where FHIR or CDS Hooks gave it; nil for any other, which may be a patient's name as well.
  package var publicName: String? {
    guard let name else { return nil }
    // R4 json.html#primitive: `_birthDate` holds the id and the extensions of `birthDate`.
    let element = name.utf8.first == UInt8(ascii: "_") ? String(name.dropFirst()) : name
    return ElementTable.r4Table.name(element) != nil || Node.otherNames.contains(name) ? name : nil
  }

  /// Member names that R4's elements do not have.
  private static let otherNames: Set<String> = [
    "resourceType",
    // Elements that are read in the shape of STU3 or R5
    "actualPeriod", "admission", "assertedDate", "concept", "form", "occurenceDateTime", "occurencePeriod",
    // CDS Hooks: requests
    "access_token", "context", "encounterId", "expires_in", "extension", "fhirAuthorization", "fhirServer", "hook",
    "hookInstance", "patientId", "prefetch", "scope", "subject", "token_type", "userId",
    // CDS Hooks: contexts of the published hooks
    "allergyIntolerance", "appointments", "conditions", "dispatchedOrders", "draftOrders", "fulfillmentTasks",
    "medication", "medications", "order", "orders", "performer", "selections", "task",
    // CDS Hooks: feedback
    "acceptedSuggestions", "card", "feedback", "outcome", "outcomeTimestamp", "overrideReason", "reason", "userComment",
    // The keys of our own prefetch templates
    "body-measures", "encounters", "laboratory", "locations", "observations", "other-observations", "patient",
    "vital-signs",
  ]
}
