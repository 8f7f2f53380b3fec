// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features

/// What an assessment does not rest on: what was not measured, is old, or was left aside.
extension ModelPackage {
  /// A measurement that the chart lacks.
  struct Gap {
    /// The group of signals, or the signal, by its id.
    let id: String
    /// Places in the profile of the signals that would fill it: usually one, several where a thing is measured in
    /// several ways, such as a pressure by cuff and by arterial line.
    let signals: [Int]
  }

  /// The gaps at the hour of the vector, in the profile's order.
  func gaps(_ timeline: Timeline, at hour: Double) -> [Gap] {
    var groups: [(id: String, signals: [Int])] = []
    for (index, signal) in profile.signals.enumerated() {
      let id = signal.group ?? signal.id
      if let place = groups.firstIndex(where: { $0.id == id }) {
        groups[place].signals.append(index)
      } else {
        groups.append((id, [index]))
      }
    }
    return groups.filter { group in
      !group.signals.contains { timeline.samples[$0].contains { $0.hours <= hour } }
    }.map { Gap(id: $0.id, signals: $0.signals) }
  }

  /// Signals whose last value is older than the profile allows at the hour of the question: what is old is old when it is
  /// read. A signal is not, when another that measures the same is current.
  func stale(_ timeline: Timeline, at asked: Double) -> [StaleReading] {
    let stale = profile.staleSignals(in: timeline, atHour: asked)
    let old = Set(stale.map(\.signal))
    let current = Set(
      profile.signals.indices.filter { !old.contains($0) && timeline.samples[$0].contains { $0.hours <= asked } }
        .compactMap { profile.signals[$0].group })
    return stale.filter { found in profile.signals[found.signal].group.map { !current.contains($0) } ?? true }.map {
      found in
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
