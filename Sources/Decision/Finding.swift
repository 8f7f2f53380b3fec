// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Features

/// What one model says about one patient at one instant.
package struct Finding: Sendable {
  /// A probability with its interval, or why there is none.
  package enum Outcome: Sendable, Equatable {
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
    /// Each member's logit, for the record.
    package var memberLogits: [Double]
  }

  /// Why there is no probability.
  package struct Reason: Sendable, Equatable {
    /// A permanent name.
    package var code: String
    /// Completes "not assessed, because ...".
    package var text: String

    init(code: String, text: String) {
      self.code = code
      self.text = text
    }

    init(_ ineligibility: Ineligibility) {
      self.init(code: ineligibility.code, text: ineligibility.text)
    }
  }

  /// The model.
  package var model: ModelManifest
  /// The digest of its package.
  package var packageDigest: String
  /// The answer.
  package var outcome: Outcome
  /// Hour of the intensive care stay that the answer speaks for; nil when the stay's start is not known.
  package var hour: Double?
  /// ICU admission, where known.
  package var origin: Instant?
  /// What moved the probability most, greatest first; at most five.
  package var drivers: [Driver]
  /// How far the contributions are from adding up to the logit.
  package var completenessGap: Double
  /// Titles of the signals without any usable value, in the profile's order.
  package var missing: [String]
  /// Signals whose last value is old, in the profile's order.
  package var stale: [StaleReading]
  /// How many values were read and not used, by reason and signal, in order of first appearance.
  package var ignored: [IgnoredCount]
  /// What is recommended, from the package's PlanDefinition.
  package var recommendation: Recommendation?
  /// The numbers the networks saw.
  package var vector: FeatureVector?
  /// For each column of the vector the places in `timeline.sources` it was computed from.
  package var columnSources: [[Int32]]
  /// What the numbers were computed from.
  package var timeline: Timeline

  /// The probability, when there is one.
  package var risk: Risk? {
    if case .assessed(let risk) = outcome { risk } else { nil }
  }
}

/// A signal that moved the probability.
package struct Driver: Sendable, Equatable {
  /// The signal's title.
  package var title: String
  /// The last value, in the profile's unit; nil when the signal was not measured.
  package var value: Double?
  /// The profile's unit (UCUM); nil where there is none.
  package var unit: String?
  /// When it was measured; nil for what is known once for the stay.
  package var instant: Instant?
  /// Where the value came from; nil for what has no one source.
  package var source: Source?
  /// What it adds to the calibrated log-odds against a patient of whom nothing is known.
  package var contribution: Double
}

/// A signal whose last value is older than its profile allows.
package struct StaleReading: Sendable, Equatable {
  /// The signal's title.
  package var title: String
  /// When it was last measured.
  package var instant: Instant?
  /// Hours before the hour the answer speaks for.
  package var ageHours: Double
}

/// Values of one kind that were not used.
package struct IgnoredCount: Sendable, Equatable {
  /// Why.
  package var reason: Exclusion
  /// The signal's title, where the value would have been one.
  package var signal: String?
  /// How many.
  package var count: Int
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
  /// `url|version` of the PlanDefinition.
  package var definition: String
  /// The works it rests on.
  package var artifacts: [PlanDefinition.Artifact]
}
