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
  /// Index of the second source of a ratio or difference; -1 when there is none.
  var partners: [Int32] = []

  mutating func append(hours: Double, value: Double, source: Int32, partner: Int32 = -1) {
    self.hours.append(hours)
    measured.append(value)
    sources.append(source)
    partners.append(partner)
  }

  mutating func removeLast() {
    hours.removeLast()
    measured.removeLast()
    sources.removeLast()
    partners.removeLast()
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
      var made: Series
      if let derivation = series[index].derivation {
        made = derive(derivation, result)
      } else {
        let samples = index < timeline.samples.count ? timeline.samples[index] : []
        made = measured(samples, phase, gridHours: series[index].isFluid ? nil : gridHours)
      }
      made.transform(series[index].transform)
      result.append(made)
    }
    return result
  }

  private func measured(_ samples: [Sample], _ phase: Double, gridHours: Double?) -> Series {
    var made = Series()
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
    var result = Series()
    if derivation.method == .coalesce {
      let sources = derivation.from.map { made[$0] }
      var next = Array(repeating: 0, count: sources.count)
      while true {
        var earliest: Int?
        for (index, source) in sources.enumerated() where next[index] < source.hours.count {
          // Strictly earlier only: at one instant the first source's value stands.
          if let best = earliest, source.hours[next[index]] >= sources[best].hours[next[best]] { continue }
          earliest = index
        }
        guard let earliest else { return result }
        let source = sources[earliest]
        let hours = source.hours[next[earliest]]
        if result.hours.last != hours {
          result.append(hours: hours, value: source.measured[next[earliest]], source: source.sources[next[earliest]])
        }
        next[earliest] += 1
      }
    }
    let (first, second) = (made[derivation.from[0]], made[derivation.from[1]])
    for index in first.hours.indices {
      let partner = second.upperBound(first.hours[index]) - 1
      guard partner >= 0, first.hours[index] - second.hours[partner] <= derivation.maximumAgeHours else { continue }
      let value =
        derivation.method == .ratio
        ? first.measured[index] / second.measured[partner] : first.measured[index] - second.measured[partner]
      guard value.isFinite else { continue }
      result.append(
        hours: first.hours[index], value: value, source: first.sources[index], partner: second.sources[partner])
    }
    return result
  }
}
