// SPDX-License-Identifier: Apache-2.0
import Features
import Networks

/// What the training patients' values were, and what would be said if a missing one were among them.
extension ModelPackage {
  /// What a signal, derived series or static came to in training, in its own unit.
  struct TrainedValues {
    let median: Double
    /// The 5th and the 95th percentile.
    let plausible: ClosedRange<Double>
    /// The share of rows without it.
    let missing: Double
  }

  /// A gap and the ends of what would plausibly fill it.
  struct PlausibleValues {
    let gap: Gap
    /// Place of the signal that would be measured.
    let signal: Int
    let low: Double
    let high: Double
    /// The unit of the ends (UCUM).
    let unit: String
  }

  /// The training values of a signal or derived series, from the column of its last value or, where the networks do not
  /// see that, its mean over the stay; of a static from its own. Nil when there is no such column or it was hardly seen.
  func trained(_ id: String) -> TrainedValues? {
    let transform = profile.signals.first { $0.id == id }?.transform ?? profile.derived.first { $0.id == id }?.transform
    return trained(["\(id).last", "\(id).mean", id], transform)
  }

  /// The training values of a volume in an hour, from its total over a day.
  private func trainedHourly(_ id: String) -> TrainedValues? {
    let total = trained(["\(id).log-sum.24-0"], .log1p) ?? trained(["\(id).sum.24-0"], nil)
    return total.map { total in
      TrainedValues(
        median: total.median / 24, plausible: total.plausible.lowerBound / 24...total.plausible.upperBound / 24,
        missing: total.missing)
    }
  }

  /// The training values of the first of some columns that there is, taken back from its scale.
  private func trained(_ columns: [String], _ transform: Transform?) -> TrainedValues? {
    let found = columns.lazy.compactMap { name in distribution.columns.first { $0.name == name } }.first
    guard let found, let values = found.values else { return nil }
    func measured(_ value: Float) -> Double {
      switch transform {
      case nil: Double(value)
      case .log: Elementary.exp(Double(value))
      case .log1p: Elementary.exp(Double(value)) - 1
      }
    }
    return TrainedValues(
      median: measured(values.median),
      plausible: measured(values.plausible.lowerBound)...measured(values.plausible.upperBound), missing: found.missing)
  }

  /// For each gap the signal that the training patients had most often, and its plausible ends. A device that is not
  /// charted is not in use rather than unknown, and has none.
  func plausibleValues(_ timeline: Timeline, at hour: Double) -> [PlausibleValues] {
    gaps(timeline, at: hour).compactMap { gap in
      let known = gap.signals.compactMap { place -> (place: Int, values: TrainedValues)? in
        let signal = profile.signals[place]
        guard signal.presence != true else { return nil }
        let values = signal.category == .fluid ? trainedHourly(signal.id) : trained(signal.id)
        return values.map { (place, $0) }
      }
      guard let best = known.min(by: { $0.values.missing < $1.values.missing }) else { return nil }
      let signal = profile.signals[best.place]
      return PlausibleValues(
        gap: gap, signal: best.place, low: best.values.plausible.lowerBound, high: best.values.plausible.upperBound,
        unit: signal.category == .fluid ? "\(signal.unit)/h" : signal.unit)
    }
  }

  /// The networks' logits if each gap were filled with its low, and with its high end: two rows for each.
  ///
  /// The value is put into the stay as if it had been measured at the hour of the vector, so that everything that follows
  /// from it follows as in life; a volume as if it had been charted every hour of the stay. The patient's own row goes
  /// first, with which the others share all steps but those that the value changes.
  func logits(_ values: [PlausibleValues], _ reading: StayReading) -> [[Matrix]] {
    guard !values.isEmpty else { return [] }
    let hour = reading.hour
    var rows = encoder.encode(reading.vector)
    rows.reserveCapacity((1 + 2 * values.count) * encoder.encoding.width)
    for value in values {
      for end in [value.low, value.high] {
        let isVolume = profile.signals[value.signal].category == .fluid
        let hours = isVolume ? Array(stride(from: hour - hour.rounded(.down), through: hour, by: 1)) : [hour]
        let samples = hours.map { Sample(hours: $0, value: end) }
        rows += encoder.encode(profile.vector(reading, adding: samples, to: value.signal))
      }
    }
    let count = 1 + 2 * values.count
    let all = ensemble.logits(Matrix(rows: count, columns: encoder.encoding.width, values: rows))
    return all.map { $0.map { $0.gathering(1..<count) } }
  }
}
