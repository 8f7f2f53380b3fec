// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// One measured value of a signal, in the profile's unit.
package struct Sample: Sendable, Equatable {
  /// Hours since the timeline's origin.
  package var hours: Double
  /// Value in the signal's canonical unit.
  package var value: Double
  /// Index into `Timeline.sources`; -1 when the origin is not kept, as in training.
  package var source: Int32

  package init(hours: Double, value: Double, source: Int32 = -1) {
    self.hours = hours
    self.value = value
    self.source = source
  }
}

/// What is known of one ICU stay: values by signal, in time.
package struct Timeline: Sendable, Equatable {
  /// ICU admission; nil in data sets that give hours only.
  package var origin: Instant?
  /// One number for each of the profile's statics, NaN when unknown.
  package var statics: [Double]
  /// Indexes into `sources` of the statics, -1 when unknown or not kept.
  package var staticSources: [Int32]
  /// For each of the profile's signals its samples, ascending in time; those before hour 0 are not used.
  package var samples: [[Sample]]
  /// Origin of the samples.
  package var sources: SourceList
  /// What was read and not used.
  package var ignored: IgnoredValues
  /// Why this stay may not be assessed; empty when it may.
  package var ineligibility: [Ineligibility]

  /// An empty timeline with a place for each signal and static of `profile`.
  package init(_ profile: FeatureProfile, origin: Instant? = nil) {
    self.origin = origin
    statics = Array(repeating: .nan, count: profile.statics.count)
    staticSources = Array(repeating: -1, count: profile.statics.count)
    samples = Array(repeating: [], count: profile.signals.count)
    sources = SourceList()
    ignored = IgnoredValues()
    ineligibility = []
  }

  /// The same values without where they came from: what a training keeps of a chart.
  package func withoutSources(_ profile: FeatureProfile) -> Timeline {
    var bare = Timeline(profile, origin: origin)
    bare.statics = statics
    bare.samples = samples.map { $0.map { Sample(hours: $0.hours, value: $0.value) } }
    return bare
  }

  /// Sorts every signal's samples by time; samples of one instant keep the order in which they were added.
  package mutating func sort() {
    for signal in samples.indices {
      let ordered = zip(samples[signal], samples[signal].dropFirst()).allSatisfy { $0.hours <= $1.hours }
      guard !ordered else { continue }
      samples[signal] = samples[signal].enumerated()
        .sorted { ($0.element.hours, $0.offset) < ($1.element.hours, $1.offset) }.map(\.element)
    }
  }
}
