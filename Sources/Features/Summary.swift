// SPDX-License-Identifier: Apache-2.0

/// The statistics of one series inside one window, by two passes in order of time, in Double.
struct Summary {
  /// Sums that cost a pass over the samples.
  struct Needs: OptionSet, Sendable {
    let rawValue: Int
    static let mean = Needs(rawValue: 1)
    static let extremes = Needs(rawValue: 2)
    static let spread = Needs(rawValue: 4)
    static let slope = Needs(rawValue: 8)

    init(rawValue: Int) {
      self.rawValue = rawValue
    }

    init(_ statistic: Statistic) {
      switch statistic {
      case .mean, .sum, .logSum, .deviation: self = .mean
      case .minimum, .maximum: self = .extremes
      case .standardDeviation: self = [.mean, .spread]
      case .slope: self = [.mean, .slope]
      default: self = []
      }
    }
  }

  /// Indexes of the samples in the window.
  private let range: Range<Int>
  private var sum = 0.0
  private var mean = Double.nan
  private var minimum = Double.nan
  private var maximum = Double.nan
  private var standardDeviation = Double.nan
  private var slopePerHour = Double.nan

  init(_ series: Series, _ values: [Double], _ range: Range<Int>, _ needs: Needs) {
    self.range = range
    guard !range.isEmpty else { return }
    let count = Double(range.count)
    if needs.contains(.mean) {
      for index in range { sum += values[index] }
      mean = sum / count
    }
    if needs.contains(.extremes) {
      minimum = values[range.lowerBound]
      maximum = minimum
      for index in range.dropFirst() {
        minimum = Swift.min(minimum, values[index])
        maximum = Swift.max(maximum, values[index])
      }
    }
    guard range.count > 1 else { return }
    if needs.contains(.spread) {
      var squares = 0.0
      for index in range { squares += (values[index] - mean) * (values[index] - mean) }
      standardDeviation = (squares / (count - 1)).squareRoot()
    }
    if needs.contains(.slope) {
      var hours = 0.0
      for index in range { hours += series.hours[index] }
      hours /= count
      var (products, squares) = (0.0, 0.0)
      for index in range {
        let distance = series.hours[index] - hours
        products += distance * (values[index] - mean)
        squares += distance * distance
      }
      if squares > 0 { slopePerHour = products / squares }
    }
  }

  /// Number of samples.
  var count: Int { range.count }

  /// The statistic at `hour`; NaN when missing.
  func value(_ statistic: Statistic, _ series: Series, _ values: [Double], at hour: Double) -> Double {
    let hasSamples = !range.isEmpty
    let last = range.upperBound - 1
    switch statistic {
    case .last: return hasSamples ? values[last] : .nan
    case .first: return hasSamples ? values[range.lowerBound] : .nan
    case .minimum: return minimum
    case .maximum: return maximum
    case .mean: return mean
    case .standardDeviation: return standardDeviation
    case .slope: return slopePerHour * 24
    case .count: return Double(range.count)
    case .logCount: return naturalLogarithm(1 + Double(range.count))
    case .hoursSinceLast: return hasSamples ? hour - series.hours[last] : .nan
    case .sum: return sum
    case .logSum: return naturalLogarithm(1 + sum)
    case .change: return range.count > 1 ? values[last] - values[last - 1] : .nan
    case .deviation: return hasSamples ? values[last] - mean : .nan
    case .any: return hasSamples ? 1 : 0
    case .firstHour: return hasSamples ? series.hours[range.lowerBound] : .nan
    case .lastHour: return hasSamples ? series.hours[last] : .nan
    case .span: return hasSamples ? series.hours[last] - series.hours[range.lowerBound] : .nan
    case .chartedHours:
      var (hours, previous) = (0, -1.0)
      for index in range where series.hours[index].rounded(.down) != previous {
        hours += 1
        previous = series.hours[index].rounded(.down)
      }
      return Double(hours)
    }
  }
}
