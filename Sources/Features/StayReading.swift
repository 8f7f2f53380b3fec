// SPDX-License-Identifier: Apache-2.0

/// The series of one stay at one hour, made once: its vector, the sources of it and the latest values are read from them.
package struct StayReading: Sendable {
  let plan: FeaturePlan
  let series: [Series]
  let timeline: Timeline
  package let hour: Double
  /// For each slot of the plan the samples of its series that lie in its window.
  let ranges: [Range<Int>]
  /// For each slot of the plan the sums over its samples.
  let summaries: [Summary]

  /// - Parameter series: those of the plan for this hour's phase.
  init(_ plan: FeaturePlan, _ series: [Series], _ timeline: Timeline, hour: Double) {
    self.plan = plan
    self.series = series
    self.timeline = timeline
    self.hour = hour
    ranges = plan.slots.map { series[$0.series].range($0.window, at: hour) }
    summaries = plan.slots.indices.map { [ranges] in plan.summary($0, series, ranges[$0]) }
  }

  /// The last value, as measured, of a signal or derived series, by id; nil when there is none.
  package func latest(_ id: String) -> Sample? {
    guard let index = plan.series.firstIndex(where: { $0.id == id }) else { return nil }
    let made = series[index]
    let last = made.upperBound(hour) - 1
    guard last >= 0 else { return nil }
    return Sample(hours: made.hours[last], value: made.measured[last], source: made.sources[last])
  }

  /// For each column the places in `Timeline.sources` of the values it was computed from.
  package var sources: ColumnSources {
    var result = ColumnSources()
    for operation in plan.operations {
      append(operation, to: &result)
      result.endColumn()
    }
    return result
  }

  private func append(_ operation: FeaturePlan.Operation, to result: inout ColumnSources) {
    switch operation {
    case .statistic(let statistic, let slot): append(slot, statistic, to: &result)
    case .pooled(let statistic, let slots):
      for slot in plan.pooledSlots[slots] { append(slot, statistic, to: &result) }
    case .known(let index), .equals(let index, _):
      if index < timeline.staticSources.count { result.append(timeline.staticSources[index...index]) }
    case .hour: break
    case .product(let factors):
      for factor in plan.factors[factors] { append(factor.operation, to: &result) }
    case .score(let criteria):
      for bands in plan.criteria[criteria] {
        for points in plan.points[bands] { append(points.slot, .last, to: &result) }
      }
    }
  }

  /// The sources of the samples in a slot's window that a statistic reads.
  private func append(_ slot: Int, _ statistic: Statistic, to result: inout ColumnSources) {
    let range = ranges[slot]
    let used: Range<Int> =
      switch statistic {
      case .last, .hoursSinceLast, .lastHour: range.suffix(1)
      case .first, .firstHour: range.prefix(1)
      case .change: range.suffix(2)
      default: range
      }
    guard !used.isEmpty else { return }
    let made = series[plan.slots[slot].series]
    result.append(made.sources[used])
    if !made.partners.isEmpty { result.append(made.partners[used]) }
  }
}
