// SPDX-License-Identifier: Apache-2.0

extension FeatureProfile {
  /// The numbers of a stay at an hour, from samples at or before it.
  package func vector(_ timeline: Timeline, atHour hour: Double) -> FeatureVector {
    let series = plan.series(of: timeline, phase: phase(hour))
    return plan.evaluate(series, timeline, atHour: hour)
  }

  /// The vectors of a stay at many hours, each with the bits that `vector` gives.
  package func trajectory(_ timeline: Timeline, atHours hours: [Double]) -> [FeatureVector] {
    var made: (phase: Double, series: [Series])?
    return hours.map { hour in
      let phase = phase(hour)
      let series = made.flatMap { $0.phase == phase ? $0.series : nil } ?? plan.series(of: timeline, phase: phase)
      made = (phase, series)
      return plan.evaluate(series, timeline, atHour: hour)
    }
  }

  /// For each column the indexes into `Timeline.sources` of the values it was computed from, ascending, without
  /// duplicates.
  package func sources(of timeline: Timeline, atHour hour: Double) -> [[Int32]] {
    let series = plan.series(of: timeline, phase: phase(hour))
    return plan.operations.map { operation in
      Set(plan.sources(operation, series, timeline, hour)).filter { $0 >= 0 }.sorted()
    }
  }

  func phase(_ hour: Double) -> Double {
    guard let gridHours else { return 0 }
    return hour - (hour / gridHours).rounded(.down) * gridHours
  }
}

extension FeaturePlan {
  func evaluate(_ series: [Series], _ timeline: Timeline, atHour hour: Double) -> FeatureVector {
    var summaries: [Summary] = []
    summaries.reserveCapacity(slots.count)
    for (slot, needs) in zip(slots, needs) {
      let range = series[slot.series].range(slot.window, at: hour)
      summaries.append(
        slot.isMeasured
          ? Summary(series[slot.series].hours, series[slot.series].measured, range, needs)
          : Summary(series[slot.series].hours, series[slot.series].values, range, needs))
    }
    var values: [Float] = []
    values.reserveCapacity(operations.count)
    for operation in operations {
      if case .statistic(let statistic, let slot) = operation {
        values.append(Float(summaries[slot].value(statistic, at: hour)))
      } else {
        values.append(Float(value(operation, summaries, timeline.statics, hour)))
      }
    }
    return FeatureVector(hour: hour, values: values)
  }

  private func value(
    _ operation: Operation, _ summaries: [Summary], _ statics: [Double], _ hour: Double
  ) -> Double {
    switch operation {
    case .statistic(let statistic, let slot):
      return summaries[slot].value(statistic, at: hour)
    case .pooled(let statistic, let slots):
      var count = 0
      for slot in pooledSlots[slots] { count += summaries[slot].count }
      return statistic == .logCount ? naturalLogarithm(1 + Double(count)) : Double(count)
    case .known(let index):
      return index < statics.count ? statics[index] : .nan
    case .equals(let index, let expected):
      let known = index < statics.count ? statics[index] : .nan
      return known.isNaN ? .nan : known == expected ? 1 : 0
    case .hour:
      return hour
    case .product(let factors):
      var product = 1.0
      for factor in self.factors[factors] {
        let x = factor.scale * value(factor.operation, summaries, statics, hour)
        product *= raise(x, factor.power) + factor.offset
      }
      return product.isFinite ? product : .nan
    case .score(let criteria):
      var total = 0.0
      for bands in self.criteria[criteria] {
        var most = 0.0
        for points in self.points[bands] where holds(points.band, summaries[points.slot].value(.last, at: hour)) {
          most = max(most, points.band.points)
        }
        total += most
      }
      return total
    }
  }

  private func raise(_ x: Double, _ power: Int) -> Double {
    var result = 1.0
    for _ in 0..<abs(power) { result *= x }
    return power < 0 ? 1 / result : result
  }

  private func holds(_ band: Score.Band, _ value: Double) -> Bool {
    guard !value.isNaN else { return false }
    return band.below.map { value < $0 } ?? true && band.atLeast.map { value >= $0 } ?? true
      && band.above.map { value > $0 } ?? true
  }

  func sources(_ operation: Operation, _ series: [Series], _ timeline: Timeline, _ hour: Double) -> [Int32] {
    func inWindow(_ slot: Int, _ statistic: Statistic) -> [Int32] {
      let made = series[slots[slot].series]
      let range = made.range(slots[slot].window, at: hour)
      let used: Range<Int> =
        switch statistic {
        case .last, .hoursSinceLast, .lastHour: range.suffix(1)
        case .first, .firstHour: range.prefix(1)
        case .change: range.suffix(2)
        default: range
        }
      return Array(made.sources[used]) + (made.partners.isEmpty ? [] : Array(made.partners[used]))
    }
    switch operation {
    case .statistic(let statistic, let slot): return inWindow(slot, statistic)
    case .pooled(let statistic, let slots): return pooledSlots[slots].flatMap { inWindow($0, statistic) }
    case .known(let index), .equals(let index, _):
      return index < timeline.staticSources.count ? [timeline.staticSources[index]] : []
    case .hour: return []
    case .product(let factors):
      return self.factors[factors].flatMap { sources($0.operation, series, timeline, hour) }
    case .score(let criteria):
      return self.criteria[criteria].joined().flatMap { inWindow(points[$0].slot, .last) }
    }
  }
}
