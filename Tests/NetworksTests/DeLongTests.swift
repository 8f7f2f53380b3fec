// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks
import Testing

/// The difference of two AUROCs against an independent computation by the definition (`Goldens/delong.py`), with and without ties.
@Suite struct DeLongTests {
  private struct Case: Decodable {
    var first: [Double]
    var second: [Double]
    var labels: [Bool]
    var difference: Double
    var deviation: Double
  }

  private static func cases() throws -> [Case] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
    return try JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appending(path: "delong.json")))
  }

  @Test func agreesWithTheDefinition() throws {
    let cases = try Self.cases()
    #expect(cases.count == 5)
    for golden in cases {
      let found = try #require(DeLong(golden.first, golden.second, labels: golden.labels))
      #expect(abs(found.difference - golden.difference) < 1e-12)
      #expect(abs(found.deviation - golden.deviation) < 1e-12)
      let other = try #require(DeLong(golden.second, golden.first, labels: golden.labels))
      #expect(abs(other.difference + golden.difference) < 1e-12 && abs(other.deviation - golden.deviation) < 1e-12)
    }
  }

  /// Only the order of the scores counts.
  @Test func isOfRanks() throws {
    for golden in try Self.cases() {
      let bent = golden.first.map { Elementary.exp(0.3 * $0) }
      let (plain, other) = (
        DeLong(golden.first, golden.second, labels: golden.labels), DeLong(bent, golden.second, labels: golden.labels)
      )
      #expect(plain == other)
    }
  }

  @Test func ofOneRowOfAClassNothingIsSaid() {
    #expect(DeLong([1, 2, 3], [3, 2, 1], labels: [true, false, false]) == nil)
    #expect(DeLong([1, 2, 3], [3, 2, 1], labels: [true, true, false]) == nil)
  }
}
