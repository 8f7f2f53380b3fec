// SPDX-License-Identifier: Apache-2.0

/// How the raw feature columns were distributed in training: by it a chart unlike those is recognised, and drift later.
///
/// Columns are taken before winsorising and clipping, which would hide just what is looked for: a unit that is not the
/// assumed one puts values far outside, and a clipped one is merely high. Anything not finite counts as missing.
package struct FeatureDistribution: Codable, Sendable, Equatable {
  /// What a column says, and so how it counts in the score.
  package enum Role: String, Codable, Sendable {
    /// A level of a variable (a mean, a last value): its distance from the median and its range count.
    case level
    /// Another function of measured values (a minimum, a slope): its range counts.
    case value
    /// A count, an hour, a flag: kept for drift only.
    case habit
  }

  /// One column in training.
  package struct Column: Codable, Sendable, Equatable {
    package let name: String
    package let role: Role
    /// The share of rows in which it was missing.
    package let missing: Double
    /// The observed values; nil when there were fewer than 50.
    package let values: Values?
  }

  /// The observed values of a column.
  package struct Values: Codable, Sendable, Equatable {
    package let median: Float
    /// A standard deviation that outliers do not move: the greater of 1.4826 · the median distance from the median and of
    /// the central 95 % over 3.92; both are σ of a normal distribution, and where half of the values are equal or the tails
    /// are heavy, the second keeps ordinary values from looking extreme. 0 where both vanish.
    package let spread: Float
    /// The 0.1th percentile.
    package let low: Float
    /// The 99.9th percentile.
    package let high: Float
    /// The 5th and the 95th percentile: what a value that was not measured may plausibly be.
    package let plausible: ClosedRange<Float>
    /// The nine inner deciles.
    package let deciles: [Float]
  }

  /// The unlikeness of one row.
  package struct Score: Sendable, Equatable {
    /// The greatest |z| plus 20 times the share outside.
    package let value: Double
    /// The level farthest from its median, in spreads.
    package let greatestZ: Double
    /// The column of that level; nil when no level was observed.
    package let column: Int?
    /// The share of the observed levels and values that lie outside the training range of 99.8 %.
    package let outside: Double
  }

  package let columns: [Column]
  /// The 99th percentile of the training rows' scores: a row above it is out of distribution.
  package let alarm: Double
  /// The columns that count, ready to be compared with rows.
  private let scored: [Scored]

  private enum CodingKeys: String, CodingKey {
    case columns, alarm
  }

  /// What a row's value of a column is compared with: some numbers, and nothing to hold on to.
  private struct Scored: Sendable, Equatable {
    let place: Int
    let low: Float
    let high: Float
    let median: Float
    /// 0 where the distance from the median does not count.
    let spread: Float

    /// The distance of a value from the median, in spreads; 0 where it does not count.
    func distance(of value: Float) -> Double {
      spread > 0 ? abs(Double(value) - Double(median)) / Double(spread) : 0
    }

    func isOutside(_ value: Float) -> Bool { value < low || value > high }

    static func list(_ columns: [Column]) -> [Scored] {
      columns.enumerated().compactMap { place, column in
        guard column.role != .habit, let values = column.values else { return nil }
        return Scored(
          place: place, low: values.low, high: values.high, median: values.median,
          spread: column.role == .level ? values.spread : 0)
      }
    }
  }

  /// The distribution of `table` (rows × columns, NaN for missing), whose columns are described in order.
  ///
  /// - Throws: `insufficientData` for fewer than 100 rows.
  package init(fitting table: Matrix, columns described: [(name: String, role: Role)]) throws(NetworkError) {
    precondition(table.columns == described.count)
    guard table.rows >= 100 else { throw .insufficientData }
    let columns = described.enumerated().map { index, description in
      let observed = (0..<table.rows).map { table[$0, index] }.filter(\.isFinite)
      return Column(
        name: description.name, role: description.role,
        missing: 1 - Double(observed.count) / Double(table.rows),
        values: observed.count < 50 ? nil : Values(observed))
    }
    let scored = Scored.list(columns)
    let scores = (0..<table.rows).map { Self.score(table.row($0), scored).value }.sorted()
    self.columns = columns
    self.scored = scored
    alarm = Quantile.of(scores, 0.99)
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    columns = try container.decode([Column].self, forKey: .columns)
    alarm = try container.decode(Double.self, forKey: .alarm)
    scored = Scored.list(columns)
  }

  /// How unlike the training rows a row of the columns is: the greatest robust |z| of its levels, plus 20 times the share
  /// of its observed levels and values outside the training's 0.1th to 99.9th percentile.
  package func score(_ row: ArraySlice<Float>) -> Score {
    precondition(row.count == columns.count)
    return Self.score(row, scored)
  }

  /// The columns that make a row unlike the training rows: observed levels and values outside the training's 0.1th to 99.9th
  /// percentile, and levels whose distance alone would raise the alarm; the farthest first, by distance and then place.
  package func unusual(_ row: ArraySlice<Float>) -> [Int] {
    precondition(row.count == columns.count)
    var found: [(column: Int, distance: Double)] = []
    for column in scored {
      let value = row[row.startIndex + column.place]
      guard value.isFinite else { continue }
      let distance = column.distance(of: value)
      if column.isOutside(value) || distance > alarm { found.append((column.place, distance)) }
    }
    return found.sorted { ($1.distance, $0.column) < ($0.distance, $1.column) }.map(\.column)
  }

  private static func score(_ row: ArraySlice<Float>, _ scored: [Scored]) -> Score {
    var (greatest, place): (Double, Int?) = (0, nil)
    var (observed, outside) = (0, 0)
    for column in scored {
      let value = row[row.startIndex + column.place]
      guard value.isFinite else { continue }
      observed += 1
      if column.isOutside(value) { outside += 1 }
      guard column.spread > 0 else { continue }
      let z = column.distance(of: value)
      if place == nil || z > greatest { (greatest, place) = (z, column.place) }
    }
    let share = observed > 0 ? Double(outside) / Double(observed) : 0
    return Score(value: greatest + 20 * share, greatestZ: greatest, column: place, outside: share)
  }
}

extension FeatureDistribution.Values {
  init(_ observed: [Float]) {
    let sorted = observed.sorted()
    median = Quantile.of(sorted, 0.5)
    low = Quantile.of(sorted, 0.001)
    high = Quantile.of(sorted, 0.999)
    plausible = Quantile.of(sorted, 0.05)...Quantile.of(sorted, 0.95)
    deciles = (1...9).map { Quantile.of(sorted, Double($0) / 10) }
    let distances = sorted.map { [median] in abs($0 - median) }.sorted()
    spread = max(
      1.4826 * Quantile.of(distances, 0.5), (Quantile.of(sorted, 0.975) - Quantile.of(sorted, 0.025)) / 3.92)
  }
}
