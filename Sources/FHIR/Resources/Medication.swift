// SPDX-License-Identifier: Apache-2.0

/// An order for a medication (R4 and R5 medicationrequest.html).
package struct MedicationRequest: Resource {
  package static let type: StaticString = "MedicationRequest"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// active, completed, cancelled, ...
  package var status: String? { node["status"]?.string }
  /// Whether it must be left out: not an order in force or past, in error, prohibited, or modified.
  package var isExcluded: Bool {
    ["entered-in-error", "cancelled", "draft"].contains(status ?? "") || node["doNotPerform"]?.boolean == true
      || node.isModified
  }
  /// The medication as a concept.
  package var medication: CodeableConcept? { node.medicationConcept }
  /// The medication as a resource.
  package var medicationReference: Reference? { node.medicationReference }
  /// When it was ordered.
  package var authored: DateTime? { node["authoredOn"]?.dateTime }
  /// For whom.
  package var subject: Reference? { node.reference("subject") }
}

/// The giving of a medication (R4 and R5 medicationadministration.html).
package struct MedicationAdministration: Resource {
  package static let type: StaticString = "MedicationAdministration"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// in-progress, completed, not-done, ...
  package var status: String? { node["status"]?.string }
  /// Whether it must be left out: not given (STU3 `notGiven`), in error, or modified.
  package var isExcluded: Bool {
    ["entered-in-error", "not-done"].contains(status ?? "") || node["notGiven"]?.boolean == true || node.isModified
  }
  /// The medication as a concept.
  package var medication: CodeableConcept? { node.medicationConcept }
  /// The medication as a resource.
  package var medicationReference: Reference? { node.medicationReference }
  /// When it was given (R4 `effective[x]`, R5 `occurence[x]`, so spelled there).
  package var given: (start: DateTime?, end: DateTime?)? {
    node.timeOrPeriod("effectiveDateTime", "effectivePeriod")
      ?? node.timeOrPeriod("occurenceDateTime", "occurencePeriod")
  }
  /// The amount given.
  package var dose: Quantity? { node["dosage"]?["dose"].map(Quantity.init) }
  /// To whom.
  package var subject: Reference? { node.reference("subject") }
}

/// What a patient is said to take (R4 and R5 medicationstatement.html; ballots of R5 called it MedicationUsage).
package struct MedicationStatement: Resource {
  package static let type: StaticString = "MedicationStatement"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// Nil when the node is no resource of either name.
  package init?(_ node: Node) {
    guard node.isResource(Self.type) || node.isResource("MedicationUsage") else { return nil }
    self.init(node: node)
  }

  /// active, completed, not-taken, ... (R5: recorded).
  package var status: String? { node["status"]?.string }
  /// Whether it must be left out: not taken (STU3 `taken`, R5 `adherence`), in error, a draft, or modified.
  package var isExcluded: Bool {
    if let taken = node["taken"], taken.equals("n") || taken.equals("na") { return true }
    let adherence = node["adherence"]?.concept("code")?.codings ?? []
    return adherence.contains { $0.code == "not-taken" }
      || ["entered-in-error", "not-taken", "draft"].contains(status ?? "") || node.isModified
  }
  /// The medication as a concept.
  package var medication: CodeableConcept? { node.medicationConcept }
  /// The medication as a resource.
  package var medicationReference: Reference? { node.medicationReference }
  /// When it is taken.
  package var taken: (start: DateTime?, end: DateTime?)? {
    node.timeOrPeriod("effectiveDateTime", "effectivePeriod")
  }
  /// Who takes it.
  package var subject: Reference? { node.reference("subject") }
}

extension Node {
  /// R4 `medicationCodeableConcept`, R5 `medication.concept`.
  var medicationConcept: CodeableConcept? {
    self["medicationCodeableConcept"].map(CodeableConcept.init)
      ?? self["medication"]?["concept"].map(CodeableConcept.init)
  }

  /// R4 `medicationReference`, R5 `medication.reference`.
  var medicationReference: Reference? {
    self["medicationReference"].map(Reference.init) ?? self["medication"]?["reference"].map(Reference.init)
  }
}
