// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Features
package import Networks

/// What one model says about one outcome.
package struct Finding: Sendable {
  /// A probability with its interval, or why there is none.
  package enum Conclusion: Sendable, Equatable {
    case assessed(Risk)
    case notAssessed([Reason])
  }

  /// A calibrated probability.
  package struct Risk: Sendable, Equatable {
    /// Calibrated probability of the outcome.
    package var probability: Double
    /// Lower end of the ensemble's 95 % interval.
    package var low: Double
    /// Upper end of the ensemble's 95 % interval.
    package var high: Double
    /// Name of the band: low, moderate or high.
    package var band: String
    /// Which answers the probability leaves open.
    package var predictionSet: PredictionSet
  }

  /// What the probability is of.
  package var outcome: ModelManifest.Outcome
  /// The answer.
  package var conclusion: Conclusion
  /// Each member's logit, for the record; empty when the networks were not asked.
  package var memberLogits: [Double] = []
  /// The probability of being alive by days after ICU admission; of the primary outcome, where the model predicts it.
  package var survival: SurvivalCurve?
  /// What moved the probability; nil for what is not shown as a card.
  package var explanation: Explanation?
  /// What is recommended, from the package's PlanDefinition.
  package var recommendation: Recommendation?

  /// The probability, when there is one.
  package var risk: Risk? {
    if case .assessed(let risk) = conclusion { risk } else { nil }
  }
}

/// Why one probability is what it is.
package struct Explanation: Sendable, Equatable {
  /// What moved the probability most, greatest first; at most five.
  package var drivers: [Driver]
  /// How far the contributions are from adding up to the difference of the networks' logits.
  package var completenessGap: Double
  /// The probability of a patient charted in the same way whose values are all typical of the training patients.
  package var typicalProbability: Double
  /// What would be said if a signal that is missing were measured, in the order of the profile.
  package var plausibleRanges: [PlausibleRange]
}

/// The probability if a signal that was not measured were measured now and came out at either end of what is plausible.
package struct PlausibleRange: Sendable, Equatable {
  /// The signal's title.
  package var title: String
  /// The profile's unit (UCUM).
  package var unit: String
  /// The 5th percentile of the training patients, and the probability with it; of a volume for each hour.
  package var low: (value: Double, probability: Double)
  /// The 95th percentile of the training patients, and the probability with it.
  package var high: (value: Double, probability: Double)

  package static func == (left: PlausibleRange, right: PlausibleRange) -> Bool {
    left.title == right.title && left.unit == right.unit && left.low == right.low && left.high == right.high
  }
}

/// A signal that moved the probability.
package struct Driver: Sendable, Equatable {
  /// The signal's title.
  package var title: String
  /// The last value, in the profile's unit; nil when the signal was not measured.
  package var value: Double?
  /// The value in words, where its number stands for something: a sex, a kind of unit, a device in use.
  package var words: String?
  /// The profile's unit (UCUM); nil where there is none.
  package var unit: String?
  /// The value of a typical training patient; nil for what was not measured or has no value.
  package var typical: Double?
  /// When it was measured; nil for what is known once for the stay.
  package var instant: Instant?
  /// Where the value came from; nil for what has no one source.
  package var source: Source?
  /// What it adds to the calibrated log-odds against a patient charted in the same way whose values are typical.
  package var contribution: Double
}

/// What a PlanDefinition recommends for this finding.
package struct Recommendation: Sendable, Equatable {
  /// Title of the action that applies.
  package var title: String
  /// In words.
  package var text: String?
  /// routine, urgent, asap or stat.
  package var priority: String?
  /// Titles of the options that apply.
  package var options: [String]
  /// For each option the order that it offers, where it offers one.
  package var orders: [OrderDefinition?]
  /// `url|version` of the PlanDefinition.
  package var definition: String
  /// The works it rests on.
  package var artifacts: [PlanDefinition.Artifact]
}
