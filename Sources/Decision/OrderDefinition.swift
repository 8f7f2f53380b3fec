// SPDX-License-Identifier: Apache-2.0
import FHIR

/// An order that a recommendation offers: an ActivityDefinition of kind ServiceRequest, contained in the PlanDefinition
/// and named by an action's `definitionCanonical` (CDS on FHIR; R4 activitydefinition.html).
package struct OrderDefinition: Sendable, Equatable {
  /// Its id in the PlanDefinition.
  package let id: String
  /// What a person reads, such as `Lactate in blood`.
  package let title: String
  /// `routine`, `urgent`, `asap` or `stat`.
  package let priority: String?
  /// What is ordered, a CodeableConcept.
  let code: JSON
  /// The codes of it, as system and code.
  let codings: [(system: String, code: String)]

  /// Reads an ActivityDefinition; nil when it is none that can be offered.
  init?(_ node: Node) {
    guard node.isResource("ActivityDefinition"), node["kind"]?.equals("ServiceRequest") == true,
      let id = node["id"]?.string, let title = node["title"]?.string, let code = node["code"]
    else { return nil }
    codings = code.elements("coding").compactMap { coding in
      guard let system = coding["system"]?.string, let code = coding["code"]?.string else { return nil }
      return (system, code)
    }
    guard !codings.isEmpty else { return nil }
    self.id = id
    self.title = title
    self.code = JSON(code)
    priority = node["priority"]?.string
  }

  /// Two are equal when they order the same.
  package static func == (left: OrderDefinition, right: OrderDefinition) -> Bool {
    left.id == right.id && left.title == right.title && left.priority == right.priority && left.code == right.code
  }

  /// The order as a draft for a patient, for the clinician to sign.
  ///
  /// - Parameters:
  ///   - fhirVersion: the version of the client's resources; R5 has a CodeableReference where R4 has a concept.
  ///   - reason: why, in words.
  /// - Returns: nil for a version that has no ServiceRequest.
  func resource(
    fhirVersion: String, patient: String, encounter: String?, requester: String?, at instant: Instant, reason: String
  ) -> JSON? {
    let isR5 = fhirVersion.hasPrefix("5.")
    guard isR5 || fhirVersion.hasPrefix("4.") else { return nil }
    let why: JSON = ["text": .string(reason)]
    // Only who may order stands there as the one who does.
    let orders = requester.map { $0.hasPrefix("Practitioner/") || $0.hasPrefix("PractitionerRole/") } ?? false
    return [
      "resourceType": "ServiceRequest", "status": "draft", "intent": "order",
      "priority": priority.map(JSON.string), "code": isR5 ? ["concept": code] : code,
      "subject": ["reference": .string("Patient/\(patient)")],
      "encounter": encounter.map { ["reference": .string("Encounter/\($0)")] },
      "authoredOn": .string(instant.description),
      "requester": orders ? requester.map { ["reference": .string($0)] } : nil,
      isR5 ? "reason" : "reasonCode": isR5 ? [["concept": why]] : [why],
    ]
  }
}
