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

  /// The vector of a reading if a signal had been measured further times, with the bits that the longer timeline's has.
  ///
  /// - Parameters:
  ///   - samples: the further ones, in order of time.
  ///   - signal: its place in the profile.
  package func vector(_ reading: StayReading, adding samples: [Sample], to signal: Int) -> FeatureVector {
    reading.vector(adding: samples, to: signal, phase: phase(reading.hour))
  }

  func phase(_ hour: Double) -> Double {
    guard let gridHours else { return 0 }
    return hour - (hour / gridHours).rounded(.down) * gridHours
  }
}

extension StayReading {
  /// The numbers of the profile's columns.
  package var vector: FeatureVector { vector(summaries) }

  /// The vector if a signal had been measured further times, with the bits that the longer timeline's would have. Only what
  /// follows from the signal is computed again.
  ///
  /// - Parameters:
  ///   - samples: in order of time.
  ///   - signal: its place in the profile.
  ///   - phase: the hour's phase on the profile's grid.
  func vector(adding samples: [Sample], to signal: Int, phase: Double) -> FeatureVector {
    var (series, summaries) = (series, summaries)
    var measured = timeline.samples[signal] + samples
    measured.sort { $0.hours < $1.hours }
    var isChanged = [Bool](repeating: false, count: series.count)
    for index in series.indices {
      isChanged[index] = index == signal || plan.series[index].derivation?.from.contains { isChanged[$0] } == true
      if isChanged[index] { series[index] = plan.series(index, of: measured, phase: phase, after: series) }
    }
    for (index, slot) in plan.slots.enumerated() where isChanged[slot.series] {
      summaries[index] = plan.summary(index, series, series[slot.series].range(slot.window, at: hour))
    }
    return vector(summaries)
  }

  private func vector(_ summaries: [Summary]) -> FeatureVector {
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
  /// The sums over those samples of a slot's series that lie in its window.
  func summary(_ index: Int, _ series: [Series], _ range: Range<Int>) -> Summary {
    let made = series[slots[index].series]
    return Summary(made.hours, slots[index].isMeasured ? made.measured : made.values, range, needs[index])
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
