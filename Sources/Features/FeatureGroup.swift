// SPDX-License-Identifier: Apache-2.0

/// What is computed of a series inside a window.
///
/// Values are on the series' transformed scale except in `sum`, `logSum`, products and scores, which take them as
/// measured.
package enum Statistic: String, Codable, Sendable, CaseIterable {
  /// Value of the last sample.
  case last
  /// Value of the first sample.
  case first
  /// Least value.
  case minimum
  /// Greatest value.
  case maximum
  /// Arithmetic mean.
  case mean
  /// Sample standard deviation (n - 1); missing for fewer than two samples.
  case standardDeviation = "standard-deviation"
  /// Least-squares slope per 24 hours; missing unless two samples differ in time.
  case slope
  /// Number of samples; never missing.
  case count
  /// ln(1 + number of samples); never missing.
  case logCount = "log-count"
  /// Hours from the last sample to the hour of the vector.
  case hoursSinceLast = "hours-since-last"
  /// Sum of the values as measured; 0 without samples.
  case sum
  /// ln(1 + sum of the values as measured).
  case logSum = "log-sum"
  /// Last value less the one before it.
  case change
  /// Last value less the mean.
  case deviation
  /// 1 if there is a sample, else 0.
  case any
  /// Hour of the stay of the first sample.
  case firstHour = "first-hour"
  /// Hour of the stay of the last sample.
  case lastHour = "last-hour"
  /// Hours from the first sample to the last.
  case span
  /// Number of clock hours of the stay that hold a sample; never missing.
  case chartedHours = "charted-hours"
}

/// An interval before the hour of the vector: after `from` hours ago (from the admission on, where that is later) to
/// `to` hours ago, included. Written `[from, to]`.
package struct Window: Codable, Sendable, Hashable {
  /// Beginning, in hours before the vector.
  package var from: Double
  /// End, in hours before the vector.
  package var to: Double

  package init(from: Double, to: Double) {
    self.from = from
    self.to = to
  }

  package init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    from = try container.decode(Double.self)
    to = try container.decode(Double.self)
    guard from > to, to >= 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a window is [from, to], from > to >= 0")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(from)
    try container.encode(to)
  }
}

/// Columns that are made alike: for each series of `of` (or for all as one, if `pooledAs`), each window, each statistic.
package struct FeatureGroup: Codable, Sendable, Equatable {
  /// Signals, derived series, statics, or `hour` (of the stay).
  package var of: [String]
  /// Statistics of series; absent for statics.
  package var statistics: [Statistic]?
  /// Windows; absent: the whole stay up to the hour of the vector.
  package var windows: [Window]?
  /// For statics: one column a value, 1 where the static equals it, else 0.
  package var equals: [Double]?
  /// Name under which `count` and `log-count` are taken over all series together.
  package var pooledAs: String?
}

/// The course of series over the last hours, for networks that read step by step: the mean of each series in each of
/// `steps` consecutive windows, the oldest first. Makes a column for each series and step.
package struct FeatureSequence: Codable, Sendable, Equatable {
  /// Signals or derived series.
  package var of: [String]
  /// Number of steps.
  package var steps: Int
  /// Width of a step in hours.
  package var hours: Double

  /// Number of columns it makes.
  package var columnCount: Int { of.count * steps }

  /// The windows of the steps, the oldest first.
  var windows: [Window] {
    (0..<steps).map { Window(from: Double(steps - $0) * hours, to: Double(steps - $0 - 1) * hours) }
  }
}

/// The product of terms, missing when one of them is.
package struct Product: Codable, Sendable, Equatable {
  /// Identifier, such as `body-mass-index`.
  package var id: String
  /// What a person reads.
  package var title: String
  /// The factors.
  package var of: [Term]
  /// Explanation group; nil: its own id.
  package var group: String?
}

/// A number raised and shifted: `(scale * x) ^ power + offset`.
package struct Term: Codable, Sendable, Equatable {
  /// Signal, derived series, static, or `hour`.
  package var of: String
  /// Statistic of a series as measured; absent for statics.
  package var statistic: Statistic?
  /// Window; absent: the whole stay.
  package var window: Window?
  /// Factor before the power; nil is 1.
  package var scale: Double?
  /// Whole power, -2 to 2; nil is 1.
  package var power: Int?
  /// Summand after the power; nil is 0.
  package var offset: Double?
}

/// A point score: for each criterion the most points of those of its bands that hold, summed.
package struct Score: Codable, Sendable, Equatable {
  /// Points for the last value of a series as measured.
  package struct Band: Codable, Sendable, Equatable {
    /// Signal or derived series.
    package var of: String
    /// Holds when the last value is less.
    package var below: Double?
    /// Holds when the last value is greater or equal.
    package var atLeast: Double?
    /// Holds when the last value is greater.
    package var above: Double?
    /// Points when all given bounds hold.
    package var points: Double
  }

  /// Identifier, such as `sirs`.
  package var id: String
  /// What a person reads.
  package var title: String
  /// Each criterion as its bands.
  package var criteria: [[Band]]
  /// Explanation group; nil: its own id.
  package var group: String?
}
