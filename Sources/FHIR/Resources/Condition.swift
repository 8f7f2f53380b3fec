// SPDX-License-Identifier: Apache-2.0

/// A problem or diagnosis (R4 condition.html).
package struct Condition: Resource {
  package static let type: StaticString = "Condition"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// The problem.
  package var code: CodeableConcept? { node.concept("code") }
  /// active, recurrence, remission, resolved, ... (STU3: a code, no concept).
  package var clinicalStatus: String? { node.statusCode("clinicalStatus") }
  /// confirmed, provisional, refuted, entered-in-error, ...
  package var verificationStatus: String? { node.statusCode("verificationStatus") }
  /// Whether it must be left out: refuted, entered in error, or modified.
  package var isExcluded: Bool {
    ["entered-in-error", "refuted"].contains(verificationStatus ?? "") || node.isModified
  }
  /// When it began, as a time.
  package var onset: DateTime? { node["onsetDateTime"]?.dateTime ?? node["onsetPeriod"].flatMap { Period($0).start } }
  /// When it ended, as a time.
  package var abatement: DateTime? {
    node["abatementDateTime"]?.dateTime ?? node["abatementPeriod"].flatMap { Period($0).end }
  }
  /// When it was recorded (STU3 `assertedDate`).
  package var recorded: DateTime? { (node["recordedDate"] ?? node["assertedDate"])?.dateTime }
  /// Whose problem it is.
  package var subject: Reference? { node.reference("subject") }
  /// During which encounter it was recorded.
  package var encounter: Reference? { node.reference("encounter") ?? node.reference("context") }
}

/// A known risk of a reaction (R4 allergyintolerance.html).
package struct AllergyIntolerance: Resource {
  package static let type: StaticString = "AllergyIntolerance"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// The substance.
  package var code: CodeableConcept? { node.concept("code") }
  /// active, inactive or resolved.
  package var clinicalStatus: String? { node.statusCode("clinicalStatus") }
  /// confirmed, unconfirmed, refuted, entered-in-error, ...
  package var verificationStatus: String? { node.statusCode("verificationStatus") }
  /// Whether it must be left out: refuted, entered in error, or modified.
  package var isExcluded: Bool {
    ["entered-in-error", "refuted"].contains(verificationStatus ?? "") || node.isModified
  }
  /// low, high or unable-to-assess.
  package var criticality: String? { node["criticality"]?.string }
  /// Whose risk it is.
  package var subject: Reference? { node.reference("patient") }
}

extension Node {
  /// A status that is a concept since R4 and was a code in STU3.
  func statusCode(_ name: StaticString) -> String? {
    guard let member = self[name] else { return nil }
    return member.string ?? member.elements("coding").first?["code"]?.string
  }
}
