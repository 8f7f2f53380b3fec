// SPDX-License-Identifier: Apache-2.0

extension FeatureProfile {
  /// What the stay's series say at an hour, from samples at or before it.
  package func reading(of timeline: Timeline, atHour hour: Double) -> StayReading {
    StayReading(plan, plan.series(of: timeline, phase: phase(hour)), timeline, hour: hour)
  }

  /// The numbers of a stay at an hour, from samples at or before it.
  package func vector(_ timeline: Timeline, atHour hour: Double) -> FeatureVector {
    reading(of: timeline, atHour: hour).vector
  }

  /// The vectors of a stay at many hours, each with the bits that `vector` gives.
  package func trajectory(_ timeline: Timeline, atHours hours: [Double]) -> [FeatureVector] {
    var made: (phase: Double, series: [Series])?
    return hours.map { hour in
      let phase = phase(hour)
      let series = made.flatMap { $0.phase == phase ? $0.series : nil } ?? plan.series(of: timeline, phase: phase)
      made = (phase, series)
      return StayReading(plan, series, timeline, hour: hour).vector
    }
  }

  func phase(_ hour: Double) -> Double {
    guard let gridHours else { return 0 }
    return hour - (hour / gridHours).rounded(.down) * gridHours
  }
}

extension StayReading {
  /// The numbers of the profile's columns.
  package var vector: FeatureVector {
    var summaries: [Summary] = []
    summaries.reserveCapacity(plan.slots.count)
    for (index, slot) in plan.slots.enumerated() {
      summaries.append(
        slot.isMeasured
          ? Summary(series[slot.series].hours, series[slot.series].measured, ranges[index], plan.needs[index])
          : Summary(series[slot.series].hours, series[slot.series].values, ranges[index], plan.needs[index]))
    }
    var values: [Float] = []
    values.reserveCapacity(plan.operations.count)
    for operation in plan.operations {
      if case .statistic(let statistic, let slot) = operation {
        values.append(Float(summaries[slot].value(statistic, at: hour)))
      } else {
        values.append(Float(plan.value(operation, summaries, timeline.statics, hour)))
      }
    }
    return FeatureVector(hour: hour, values: values)
  }
}

extension FeaturePlan {
  fileprivate func value(
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
}
