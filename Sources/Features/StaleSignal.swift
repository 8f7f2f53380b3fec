// SPDX-License-Identifier: Apache-2.0

/// A signal whose last value is too old to be taken for the patient's present state.
package struct StaleSignal: Sendable, Equatable {
  /// Index into the profile's signals, and into `Timeline.samples`.
  package let signal: Int
  /// The last value.
  package let last: Sample
  /// Its age in hours.
  package let age: Double
}

extension FeatureProfile {
  /// The signals that have values, the last of which is older at `hour` of the stay than the signal's
  /// `staleAfterHours`, in the profile's order.
  package func staleSignals(in timeline: Timeline, atHour hour: Double) -> [StaleSignal] {
    signals.indices.compactMap { index in
      guard let last = timeline.samples[index].last(where: { $0.hours <= hour }) else { return nil }
      let age = hour - last.hours
      return age > signals[index].staleAfterHours ? StaleSignal(signal: index, last: last, age: age) : nil
    }
  }
}
