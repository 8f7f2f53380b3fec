// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A finding that may become a card, as far as it decides whether it does. It stands in the record, so that another policy
/// can be tried on what happened.
package struct AlertCandidate: Sendable, Equatable {
  /// Id of the model.
  package var model: String
  /// The head of the outcome.
  package var outcome: String
  /// The calibrated probability; nil where none is stated.
  package var probability: Double?
  /// How urgent the card is said to be.
  package var indicator: String
  /// Whether orders are recommended and all of them are in place.
  package var isTreated: Bool
  /// Whether it speaks to a draft of this session.
  package var isCautioned: Bool
  /// Whether the hook shows findings like it.
  package var isOfHook: Bool
  /// The unit on which the patient lies, `Location/id`; nil where the chart does not say.
  package var unit: String?

  /// A finding.
  package init(
    model: String, outcome: String, probability: Double?, indicator: String, isTreated: Bool = false,
    isCautioned: Bool = false, isOfHook: Bool = true, unit: String? = nil
  ) {
    self.model = model
    self.outcome = outcome
    self.probability = probability
    self.indicator = indicator
    self.isTreated = isTreated
    self.isCautioned = isCautioned
    self.isOfHook = isOfHook
    self.unit = unit
  }

  /// The indicator's rank.
  var urgency: Int { AlertHistory.urgency(of: indicator) }

  /// For the record.
  package var json: JSON {
    [
      "model": .string(model), "outcome": .string(outcome), "probability": probability.map(JSON.number),
      "indicator": .string(indicator), "treated": isTreated ? true : nil, "cautioned": isCautioned ? true : nil,
      "ofHook": isOfHook ? nil : false, "unit": unit.map(JSON.string),
    ]
  }

  /// Reads it back from a record; nil when it is none.
  package init?(_ node: Node) {
    guard let model = node["model"]?.string, let outcome = node["outcome"]?.string,
      let indicator = node["indicator"]?.string
    else { return nil }
    self.init(
      model: model, outcome: outcome, probability: node["probability"]?.text.flatMap(Double.init),
      indicator: indicator, isTreated: node["treated"]?.boolean ?? false,
      isCautioned: node["cautioned"]?.boolean ?? false, isOfHook: node["ofHook"]?.boolean ?? true,
      unit: node["unit"]?.string)
  }
}
