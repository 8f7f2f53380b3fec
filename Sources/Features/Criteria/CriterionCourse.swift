// SPDX-License-Identifier: Apache-2.0

/// What a criterion found when a value arrived that bears on it.
package struct Judgement: Sendable, Equatable {
  /// Hours since the timeline's origin.
  package var hours: Double
  /// Whether the values up to then met the criterion.
  package var isMet: Bool
  /// The id of the signal whose value arrived; `map` for a mean arterial pressure wherever it was measured.
  package var signal: String

  package init(hours: Double, isMet: Bool, signal: String) {
    self.hours = hours
    self.isMet = isMet
    self.signal = signal
  }
}

/// The judgements of one criterion over a stay.
package struct CriterionCourse: Sendable, Equatable {
  /// Whether a patient is in the state.
  package enum State: Sendable, Equatable {
    /// In the state, by the judgement that met the criterion last.
    case present(Judgement)
    /// Judged, and not in it.
    case absent
    /// Nothing that bears on the criterion has been measured yet.
    case unknown
  }

  /// Hours from a judgement that met the criterion within which the patient counts as in the state, whatever was found
  /// since: a recurrence within a day is the same illness, not a new onset.
  package static let recoveryHours = 24.0

  /// Ascending in time.
  package var judgements: [Judgement]

  package init(judgements: [Judgement]) {
    self.judgements = judgements
  }

  /// The state at an hour of the stay, from judgements up to then: present when the last one met the criterion, however
  /// long ago, or when any did within `recoveryHours`.
  package func state(atHour hour: Double) -> State {
    let known = judgements.prefix { $0.hours <= hour }
    guard let last = known.last else { return .unknown }
    guard let met = known.last(where: \.isMet) else { return .absent }
    return last.isMet || hour - met.hours < Self.recoveryHours ? .present(met) : .absent
  }

  /// Whether the state begins after an hour of the stay and up to `horizon` hours later; nil where that teaches nothing:
  ///
  /// - the patient is in the state already, or whether so is unknown;
  /// - the record does not cover the horizon. An onset seen in a record that ends too early is left out like the absence
  ///   of one: to keep only what was seen would teach that late hours are dangerous;
  /// - nothing that bears on the criterion was measured within the horizon, so that an onset could not have been seen.
  ///
  /// - Parameter recordEnd: the last hour of the stay that the record covers.
  package func onset(afterHour hour: Double, within horizon: Double, recordEnd: Double) -> Bool? {
    guard hour + horizon <= recordEnd, state(atHour: hour) == .absent else { return nil }
    let coming = judgements.drop { $0.hours <= hour }.prefix { $0.hours <= hour + horizon }
    return coming.isEmpty ? nil : coming.contains(where: \.isMet)
  }

  /// Hours from `hour` to the first judgement after it that meets the criterion; nil when none does.
  package func lead(fromHour hour: Double) -> Double? {
    judgements.first { $0.hours > hour && $0.isMet }.map { $0.hours - hour }
  }
}
