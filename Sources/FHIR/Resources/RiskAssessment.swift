// SPDX-License-Identifier: Apache-2.0

/// How likely outcomes are for a patient (R4 riskassessment.html).
package struct RiskAssessment: Resource {
  package static let type: StaticString = "RiskAssessment"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// One outcome.
  package struct Prediction: Sendable {
    /// The element.
    package let node: Node

    /// What may happen.
    package var outcome: CodeableConcept? { node.concept("outcome") }
    /// How likely it is, from 0 to 1; nil where a range or nothing is given. R4's text counts in percent (ras-2: at most
    /// 100) and its examples in fractions of 1, as we do: what is over 1 is no probability.
    package var probability: Double? { node["probabilityDecimal"]?.double.flatMap { (0...1).contains($0) ? $0 : nil } }
    /// How likely it is in words.
    package var qualitativeRisk: CodeableConcept? { node.concept("qualitativeRisk") }
    /// Why, or why there is no probability.
    package var rationale: String? { node["rationale"]?.string }
  }

  /// The status.
  package var status: String? { node["status"]?.string }
  /// Whether it must be left out: entered in error, cancelled or modified.
  package var isExcluded: Bool { ["entered-in-error", "cancelled"].contains(status ?? "") || node.isModified }
  /// How it was made.
  package var method: CodeableConcept? { node.concept("method") }
  /// For whom.
  package var subject: Reference? { node.reference("subject") }
  /// During which encounter.
  package var encounter: Reference? { node.reference("encounter") ?? node.reference("context") }
  /// When the outcomes were as likely as that, as a time.
  package var occurrence: DateTime? {
    node["occurrenceDateTime"]?.dateTime ?? node["occurrencePeriod"].flatMap { Period($0).start }
  }
  /// What it rests on.
  package var basis: [Reference] { node.references("basis") }
  /// The outcomes.
  package var predictions: [Prediction] { node.elements("prediction").map(Prediction.init) }
}
