// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

@Suite struct RandomSourceTests {
  /// The first numbers of seed 42: any change of the generator would change every trained weight.
  @Test func firstNumbersStayAsTheyAre() {
    var random = RandomSource(seed: 42)
    let first = (0..<3).map { _ in random.next() }
    #expect(first == [2_303_456_275_738_999_573, 5_438_210_688_795_116_325, 10_433_286_269_970_717_030])
    #expect(random.normal() == 2.357700234901019)
  }

  @Test func streamsDiffer() {
    var (a, b, c) = (RandomSource(seed: 1), RandomSource(seed: 1, stream: 1), RandomSource(seed: 2))
    let numbers = Set((0..<100).flatMap { _ in [a.next(), b.next(), c.next()] })
    #expect(numbers.count == 300)
  }

  @Test func momentsOfTheDistributions() {
    var random = RandomSource(seed: 3)
    let n = 100_000
    let normal = (0..<n).map { _ in random.normal() }
    let mean = normal.reduce(0, +) / Double(n)
    let variance = normal.reduce(0) { $0 + $1 * $1 } / Double(n) - mean * mean
    let fourth = normal.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(n)
    // Four standard errors.
    #expect(abs(mean) < 4 / Double(n).squareRoot())
    #expect(abs(variance - 1) < 4 * (2 / Double(n)).squareRoot())
    #expect(abs(fourth - 3) < 4 * (96 / Double(n)).squareRoot())
    let uniform = (0..<n).map { _ in random.uniform(-1, 3) }
    #expect(uniform.allSatisfy { $0 >= -1 && $0 < 3 })
    #expect(abs(uniform.reduce(0.0) { $0 + Double($1) } / Double(n) - 1) < 4 * (16.0 / 12 / Double(n)).squareRoot())
  }

  @Test func shufflesAreFairPermutations() {
    var random = RandomSource(seed: 4)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 {
      var items = [0, 1, 2, 3]
      random.shuffle(&items)
      counts[items, default: 0] += 1
    }
    #expect(counts.count == 24)
    // Chi-squared with 23 degrees of freedom: above 49.7 in one of a thousand seeds.
    #expect(counts.values.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 } < 49.7)
  }
}
