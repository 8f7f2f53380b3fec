// SPDX-License-Identifier: Apache-2.0

/// A signal or derived series of one stay, ready for statistics: hours ascending, none before 0.
struct Series {
  var hours: [Double] = []
  /// Values as measured, in the canonical unit.
  var measured: [Double] = []
  /// Values on the series' transformed scale.
  var values: [Double] = []
  /// Index of each value's source; -1 when not kept.
  var sources: [Int32] = []
  /// Index of the second source of each value of a ratio or difference; empty for all else.
  var partners: [Int32] = []

  mutating func reserveCapacity(_ count: Int) {
    hours.reserveCapacity(count)
    measured.reserveCapacity(count)
    sources.reserveCapacity(count)
  }

  mutating func append(hours: Double, value: Double, source: Int32) {
    self.hours.append(hours)
    measured.append(value)
    sources.append(source)
  }

  mutating func removeLast() {
    hours.removeLast()
    measured.removeLast()
    sources.removeLast()
  }

  mutating func transform(_ transform: Transform?) {
    switch transform {
    case nil: values = measured
    case .log: values = measured.map(naturalLogarithm)
    case .log1p: values = measured.map { naturalLogarithm(1 + $0) }
    }
  }

  /// Indexes of the samples after `hour - window.from` (from the admission on, where that is later) up to
  /// `hour - window.to`.
  func range(_ window: Window?, at hour: Double) -> Range<Int> {
    let end = upperBound(hour - (window?.to ?? 0))
    guard let window, hour - window.from > 0 else { return 0..<end }
    return min(upperBound(hour - window.from), end)..<end
  }

  /// Number of samples at or before `hour`.
  func upperBound(_ hour: Double) -> Int {
    var (low, high) = (0, hours.count)
    while low < high {
      let middle = (low + high) / 2
      if hours[middle] <= hour { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension FeaturePlan {
  /// All series of a stay for hours that leave `phase` when divided by the grid.
  ///
  /// Every value at an hour depends on samples up to that hour alone, so a series made once serves all hours.
  func series(of timeline: Timeline, phase: Double) -> [Series] {
    var result: [Series] = []
    result.reserveCapacity(series.count)
    for index in series.indices {
      let samples = index < timeline.samples.count ? timeline.samples[index] : []
      result.append(series(index, of: samples, phase: phase, after: result))
    }
    return result
  }

  /// One series, from its samples or from those before it in the plan.
  func series(_ index: Int, of samples: [Sample], phase: Double, after made: [Series]) -> Series {
    var result =
      series[index].derivation.map { derive($0, made) }
      ?? measured(samples, phase, gridHours: series[index].isFluid ? nil : gridHours)
    result.transform(series[index].transform)
    return result
  }

  private func measured(_ samples: [Sample], _ phase: Double, gridHours: Double?) -> Series {
    var made = Series()
    made.reserveCapacity(samples.count)
    var previous = -Double.infinity
    for sample in samples where sample.hours >= 0 && sample.value.isFinite {
      if let gridHours {
        // The interval of the grid that ends at or after the sample; a thousandth of a millisecond allows for
        // hours that are not exact in binary.
        let cell = ((sample.hours - phase) / gridHours - 1e-10).rounded(.up)
        if cell == previous { made.removeLast() }
        previous = cell
      }
      made.append(hours: sample.hours, value: sample.value, source: sample.source)
    }
    return made
  }

  private func derive(_ derivation: Derivation, _ made: [Series]) -> Series {
    guard derivation.method == .coalesce else {
      return combine(made[derivation.from[0]], made[derivation.from[1]], derivation)
    }
    return derivation.from.reduce(Series()) { merge($0, made[$1]) }
  }

  /// All samples of both in time; of samples at one instant the first's stands.
  private func merge(_ first: Series, _ second: Series) -> Series {
    var result = Series()
    result.reserveCapacity(first.hours.count + second.hours.count)
    var (left, right) = (0, 0)
    var last = Double.nan
    while left < first.hours.count || right < second.hours.count {
      if right == second.hours.count || left < first.hours.count && first.hours[left] <= second.hours[right] {
        if first.hours[left] != last {
          last = first.hours[left]
          result.append(hours: last, value: first.measured[left], source: first.sources[left])
        }
        left += 1
      } else {
        if second.hours[right] != last {
          last = second.hours[right]
          result.append(hours: last, value: second.measured[right], source: second.sources[right])
        }
        right += 1
      }
    }
    return result
  }

  /// A ratio or difference: each value of the first with the last of the second that is not too old.
  private func combine(_ first: Series, _ second: Series, _ derivation: Derivation) -> Series {
    var result = Series()
    result.reserveCapacity(first.hours.count)
    var after = 0  // the first of the second's that is later
    for index in first.hours.indices {
      let hours = first.hours[index]
      while after < second.hours.count, second.hours[after] <= hours { after += 1 }
      guard after > 0, hours - second.hours[after - 1] <= derivation.maximumAgeHours else { continue }
      let partner = second.measured[after - 1]
      let value = derivation.method == .ratio ? first.measured[index] / partner : first.measured[index] - partner
      guard value.isFinite else { continue }
      result.append(hours: hours, value: value, source: first.sources[index])
      result.partners.append(second.sources[after - 1])
    }
    return result
  }
}
