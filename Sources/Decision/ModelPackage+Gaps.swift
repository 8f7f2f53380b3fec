// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features

/// What an assessment does not rest on: what was not measured, is old, or was left aside.
extension ModelPackage {
  /// Places of the signals without any usable value up to the hour of the vector, in the profile's order.
  func missing(_ timeline: Timeline, at hour: Double) -> [Int] {
    profile.signals.indices.filter { index in !timeline.samples[index].contains { $0.hours <= hour } }
  }

  /// Signals whose last value is older than the profile allows at the hour of the question: what is old is old when it is
  /// read.
  func stale(_ timeline: Timeline, at asked: Double) -> [StaleReading] {
    profile.staleSignals(in: timeline, atHour: asked).map { found in
      StaleReading(
        title: profile.signals[found.signal].title, instant: timeline.origin?.advanced(byHours: found.last.hours),
        ageHours: found.age)
    }
  }

  /// Values that were read and not used, counted by reason and signal.
  func ignored(_ timeline: Timeline) -> [IgnoredCount] {
    var counts: [IgnoredCount] = []
    for value in timeline.ignored {
      let signal = value.signal.map(profile.title(of:))
      if let place = counts.firstIndex(where: { $0.reason == value.reason && $0.signal == signal }) {
        counts[place].count += 1
      } else {
        counts.append(IgnoredCount(reason: value.reason, signal: signal, count: 1))
      }
    }
    return counts
  }
}
