// SPDX-License-Identifier: Apache-2.0

/// The last value, as measured, of every signal and derived series of a stay at an hour.
package struct LatestValues: Sendable {
  private var samples: [String: Sample] = [:]

  /// From samples at or before `hour`.
  package init(_ profile: FeatureProfile, _ timeline: Timeline, atHour hour: Double) {
    let series = profile.plan.series(of: timeline, phase: profile.phase(hour))
    for (definition, made) in zip(profile.plan.series, series) {
      let last = made.upperBound(hour) - 1
      guard last >= 0 else { continue }
      samples[definition.id] = Sample(
        hours: made.hours[last], value: made.measured[last], source: made.sources[last])
    }
  }

  /// The last value of a signal or derived series, by id; nil when there is none.
  package subscript(id: String) -> Sample? { samples[id] }
}
