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
    static let hours = Needs(rawValue: 16)

    init(rawValue: Int) {
      self.rawValue = rawValue
    }

    init(_ statistic: Statistic) {
      switch statistic {
      case .mean, .sum, .logSum, .deviation: self = .mean
      case .minimum, .maximum: self = .extremes
      case .standardDeviation: self = [.mean, .spread]
      case .slope: self = [.mean, .slope]
      case .chartedHours: self = .hours
      default: self = []
      }
    }
  }

  /// Number of samples.
  let count: Int
  private var sum = 0.0
  private var mean = Double.nan
  private var minimum = Double.nan
  private var maximum = Double.nan
  private var standardDeviation = Double.nan
  private var slopePerHour = Double.nan
  private var (first, last, beforeLast) = (Double.nan, Double.nan, Double.nan)
  private var (firstHour, lastHour) = (Double.nan, Double.nan)
  private var chartedHours = 0

  init(_ hours: [Double], _ values: [Double], _ range: Range<Int>, _ needs: Needs) {
    count = range.count
    guard !range.isEmpty else { return }
    first = values[range.lowerBound]
    last = values[range.upperBound - 1]
    firstHour = hours[range.lowerBound]
    lastHour = hours[range.upperBound - 1]
    if needs.contains(.hours) {
      var previous = -1.0
      for index in range where hours[index].rounded(.down) != previous {
        chartedHours += 1
        previous = hours[index].rounded(.down)
      }
    }
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
    beforeLast = values[range.upperBound - 2]
    if needs.contains(.spread) {
      var squares = 0.0
      for index in range { squares += (values[index] - mean) * (values[index] - mean) }
      standardDeviation = (squares / (count - 1)).squareRoot()
    }
    if needs.contains(.slope) {
      var middle = 0.0
      for index in range { middle += hours[index] }
      middle /= count
      var (products, squares) = (0.0, 0.0)
      for index in range {
        let distance = hours[index] - middle
        products += distance * (values[index] - mean)
        squares += distance * distance
      }
      if squares > 0 { slopePerHour = products / squares }
    }
  }

  /// The statistic at `hour`; NaN when missing.
  func value(_ statistic: Statistic, at hour: Double) -> Double {
    switch statistic {
    case .last: last
    case .first: first
    case .minimum: minimum
    case .maximum: maximum
    case .mean: mean
    case .standardDeviation: standardDeviation
    case .slope: slopePerHour * 24
    case .count: Double(count)
    case .logCount: naturalLogarithm(1 + Double(count))
    case .hoursSinceLast: hour - lastHour
    case .sum: sum
    case .logSum: naturalLogarithm(1 + sum)
    case .change: last - beforeLast
    case .deviation: last - mean
    case .any: count > 0 ? 1 : 0
    case .firstHour: firstHour
    case .lastHour: lastHour
    case .span: lastHour - firstHour
    case .chartedHours: Double(chartedHours)
    }
  }
}
