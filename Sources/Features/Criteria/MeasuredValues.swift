// SPDX-License-Identifier: Apache-2.0

/// The values of a stay as criteria read them: in canonical units, from ICU admission on, found by the signals' ids.
struct MeasuredValues {
  private let timeline: Timeline
  private let profile: FeatureProfile

  init(_ timeline: Timeline, _ profile: FeatureProfile) {
    self.timeline = timeline
    self.profile = profile
  }

  /// The samples of those of the signals that the profile has, merged in time; of one instant in the order of `ids`.
  func samples(_ ids: String...) -> [Sample] {
    let found = ids.compactMap { id in
      profile.signals.firstIndex { $0.id == id }.map { index in
        timeline.samples[index].filter { $0.hours >= 0 && $0.value.isFinite }
      }
    }
    guard found.count > 1 else { return found.first ?? [] }
    return found.joined().enumerated()
      .sorted { ($0.element.hours, $0.offset) < ($1.element.hours, $1.offset) }.map(\.element)
  }

  /// A judgement each time a signal is measured.
  func judgements(of signal: String, _ isMet: (Double) -> Bool) -> [Judgement] {
    samples(signal).map { Judgement(hours: $0.hours, isMet: isMet($0.value), signal: signal) }
  }
}

extension [Sample] {
  /// The last sample at or before `hour` that is at most `age` hours old.
  func last(upTo hour: Double, age: Double) -> Sample? {
    last { $0.hours <= hour }.flatMap { hour - $0.hours <= age ? $0 : nil }
  }
}
