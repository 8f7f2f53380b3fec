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

/// Where a value came from, as the record needs it.
package struct Source: Sendable, Equatable {
  /// `Observation/123`, or the path of a resource without id.
  package var resource: String
  /// `meta.versionId`.
  package var version: String?
  /// System and code that matched, as `system|code`.
  package var code: String
  /// The original value as written.
  package var value: String
  /// The original unit as written.
  package var unit: String?
  /// When it was measured.
  package var instant: Instant
  /// How the value was converted, as `[degF] -> Cel`; nil when its unit was canonical.
  package var conversion: String?

  package init(
    resource: String, version: String? = nil, code: String, value: String, unit: String? = nil, instant: Instant,
    conversion: String? = nil
  ) {
    self.resource = resource
    self.version = version
    self.code = code
    self.value = value
    self.unit = unit
    self.instant = instant
    self.conversion = conversion
  }
}

/// A value that was read and not used.
package struct IgnoredValue: Sendable, Equatable {
  /// The Observation, or its component.
  package var node: Node
  /// The signal it would have been, when that is known.
  package var signal: String?
  /// Why.
  package var reason: Exclusion

  /// FHIRPath of the value in its document; not stored, since most are never shown.
  package var path: String { node.path }

  package init(node: Node, signal: String? = nil, reason: Exclusion) {
    self.node = node
    self.signal = signal
    self.reason = reason
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
  package var sources: [Source]
  /// What was read and not used.
  package var ignored: [IgnoredValue]
  /// Why this stay may not be assessed; empty when it may.
  package var ineligibility: [Ineligibility]

  /// An empty timeline with a place for each signal and static of `profile`.
  package init(_ profile: FeatureProfile, origin: Instant? = nil) {
    self.origin = origin
    statics = Array(repeating: .nan, count: profile.statics.count)
    staticSources = Array(repeating: -1, count: profile.statics.count)
    samples = Array(repeating: [], count: profile.signals.count)
    sources = []
    ignored = []
    ineligibility = []
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
