// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A feature profile bound to a terminology, ready to read charts: made once, used for every chart.
package struct ChartReader: Sendable {
  /// What is read.
  package let profile: FeatureProfile
  /// Which codes mean which signal.
  package let terminology: Terminology
  let targets: CodeTargets
  /// Signals first, then statics.
  let slots: [Slot]
  let slotIDs: [String]

  package init(_ profile: FeatureProfile, _ terminology: Terminology) {
    self.profile = profile
    self.terminology = terminology
    targets = CodeTargets(profile: profile, terminology: terminology)
    slots = profile.signals.map { Slot($0) } + profile.statics.map { Slot($0) }
    slotIDs = slots.map(\.id)
  }

  /// ICU admission, and the end where the patient has left, of the stay that contains the instant, or was the last
  /// before it; nil where the chart shows none, or not when it began.
  package func stay(in chart: Chart, at instant: Instant) -> (start: Instant, end: Instant?)? {
    guard let stay = try? ICUStay(in: chart, at: instant, terminology: terminology) else { return nil }
    return (stay.start, stay.end)
  }

  /// What `chart` says of the profile's signals and statics in the ICU stay that contains `instant`, or was the last
  /// before it: values in canonical units with their sources, everything ignored with its reason, and why the stay may
  /// not be assessed, if so.
  ///
  /// Pure, and independent of the order of the chart's resources. Nothing after `instant` is used. Only codes are
  /// matched (by the profile's value sets and the hospital's maps in the terminology), never texts.
  package func timeline(of chart: Chart, at instant: Instant) -> Timeline {
    timeline(of: chart, ObservationTable(chart, terminology), at: instant)
  }

  /// The same from the chart's table, which serves all profiles of one terminology.
  package func timeline(of chart: Chart, _ observations: ObservationTable, at instant: Instant) -> Timeline {
    var reading = ChartReading(self, chart, observations, instant)
    return reading.read()
  }
}

extension FeatureProfile {
  /// What a reader made for this one chart says; see `ChartReader.timeline(of:at:)`.
  package func timeline(of chart: Chart, at instant: Instant, terminology: Terminology) -> Timeline {
    ChartReader(self, terminology).timeline(of: chart, at: instant)
  }
}
