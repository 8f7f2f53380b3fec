// SPDX-License-Identifier: Apache-2.0

import Foundation
import Networks
import Testing

@Suite struct FeatureDistributionTests {
  /// Six levels, three other values and a count; a third of each missing. Column 5 is the same number in most rows.
  private static func table(_ rows: Int, seed: UInt64) -> Matrix {
    var random = RandomSource(seed: seed)
    var table = Matrix(rows: rows, columns: 10)
    for row in 0..<rows {
      let level = random.normal()
      for column in 0..<10 {
        var value = 50 + 10 * (0.5 * level + random.normal())
        if column == 5 { value = random.uniform() < 0.7 ? 15 : 3 + 12 * random.uniform() }
        table[row, column] = random.uniform() < 1.0 / 3 ? .nan : Float(value)
      }
    }
    return table
  }

  private static let columns: [(name: String, role: FeatureDistribution.Role)] = (0..<10).map {
    ("column-\($0)", $0 < 6 ? .level : $0 < 9 ? .value : .habit)
  }

  private let distribution: FeatureDistribution

  init() throws {
    distribution = try FeatureDistribution(fitting: Self.table(20_000, seed: 1), columns: Self.columns)
  }

  @Test func alarmsAtOnePercent() {
    let fresh = Self.table(20_000, seed: 2)
    let alarms = (0..<fresh.rows).count { distribution.score(fresh.row($0)).value > distribution.alarm }
    #expect((120...280).contains(alarms))
  }

  @Test func scoreByHand() throws {
    let values = try #require(distribution.columns[0].values)
    #expect(abs(values.median - 50) < 0.5 && abs(values.spread - 11.18) < 0.4)
    #expect(values.low < 20 && values.high > 80 && values.deciles.count == 9 && values.deciles[4] == values.median)
    var row = [Float](repeating: .nan, count: 10)
    let nothing = distribution.score(row[...])
    #expect(nothing.value == 0 && nothing.column == nil)
    row[0] = values.median + 8 * values.spread
    row[1] = 50
    row[6] = 50
    row[7] = -1000
    row[9] = -1000
    let score = distribution.score(row[...])
    #expect(abs(score.greatestZ - 8) < 1e-4 && score.column == 0)
    // Of four observed levels and values two are outside; the count in the last column does not count.
    #expect(score.outside == 0.5 && abs(score.value - 18) < 1e-4)
  }

  /// A value in another unit is far from all that training saw.
  @Test(arguments: [Float(1.8), 0.13, 10])
  func findsAnotherUnit(_ factor: Float) {
    let fresh = Self.table(2000, seed: 3)
    let rows = (0..<fresh.rows).map { Array(fresh.row($0)) }.filter { $0[2].isFinite }
    func caught(_ change: (inout [Float]) -> Void) -> Double {
      let found = rows.count { row in
        var row = row
        change(&row)
        let score = distribution.score(row[...])
        return score.value > distribution.alarm && score.column == 2
      }
      return Double(found) / Double(rows.count)
    }
    #expect(caught { $0[2] *= factor } > (factor > 2 ? 0.99 : 0.4))
    #expect(caught { _ in } < 0.01)
  }

  @Test func namesWhatIsUnusualTheFarthestFirst() throws {
    let values = try (0..<9).map { try #require(distribution.columns[$0].values) }
    var row = values.map(\.median) + [-1000]
    #expect(distribution.unusual(row[...]).isEmpty)
    row[3] = values[3].median + 20 * values[3].spread
    row[1] = values[1].median - 30 * values[1].spread
    row[7] = values[7].high + 1
    row[2] = .nan
    #expect(distribution.unusual(row[...]) == [1, 3, 7])
  }

  @Test func plausibleIsBetweenTheFifthAndTheNinetyFifthPercentile() throws {
    let plausible = try #require(distribution.columns[0].values).plausible
    // Normal with mean 50 and standard deviation 10·√1.25.
    #expect(abs(plausible.lowerBound - 31.6) < 0.6 && abs(plausible.upperBound - 68.4) < 0.6)
  }

  @Test func oftenEqualValuesDoNotLookExtreme() throws {
    let values = try #require(distribution.columns[5].values)
    #expect(values.median == 15 && values.spread > 2)
  }

  @Test func survivesCoding() throws {
    let data = try JSONEncoder().encode(distribution)
    #expect(try JSONDecoder().decode(FeatureDistribution.self, from: data) == distribution)
  }

  @Test func refusesAFewRowsAndSkipsUnseenColumns() throws {
    #expect(throws: NetworkError.insufficientData) {
      try FeatureDistribution(fitting: Self.table(99, seed: 1), columns: Self.columns)
    }
    var table = Self.table(200, seed: 1)
    for row in 0..<200 { table[row, 0] = row < 49 ? 1 : .infinity }
    let distribution = try FeatureDistribution(fitting: table, columns: Self.columns)
    #expect(distribution.columns[0].values == nil && distribution.columns[0].missing == 151.0 / 200)
    #expect(distribution.score([Float](repeating: 1e9, count: 10)[...]).column != 0)
  }
}
