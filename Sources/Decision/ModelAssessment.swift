// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Features

/// What one model says about one patient at one instant: what it saw of the chart, and a finding for each of its outcomes.
package struct ModelAssessment: Sendable {
  /// The model.
  package var model: ModelManifest
  /// The digest of its package.
  package var packageDigest: String
  /// Hour of the intensive care stay that the answer speaks for; nil when the stay's start is not known.
  package var hour: Double?
  /// ICU admission, where known.
  package var origin: Instant?
  /// One an outcome, in the manifest's order; the first is the primary one.
  package var findings: [Finding]
  /// The groups of patients this one belongs to, as far as they are known; see `FeatureProfile.subgroups`.
  package var groups: [String]
  /// How unlike the training patients the chart is; nil when the networks were not asked.
  package var unlikeness: Unlikeness?
  /// Titles of what was not measured, in the profile's order: of signals that measure the same, none has a usable value.
  package var missing: [String]
  /// Signals whose last value is old, in the profile's order.
  package var stale: [StaleReading]
  /// How many values were read and not used, by reason and signal, in order of first appearance.
  package var ignored: [IgnoredCount]
  /// The numbers the networks saw.
  package var vector: FeatureVector?
  /// For each column of the vector the places in `timeline.sources` it was computed from.
  package var columnSources: ColumnSources
  /// What the numbers were computed from.
  package var timeline: Timeline

  /// Whether a finding becomes a card of its own: the primary one always, another when its band is high.
  package func becomesCard(_ index: Int) -> Bool {
    index == 0 || findings[index].risk?.band == "high"
  }
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
