// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks

/// The population stability index: how far a distribution has moved from equally likely bins of another,
/// Σ (p − q)·ln(p/q) (Siddiqi 2006), and whether chance alone would move it so far.
///
/// The index itself is no test: without any move 0.1, the usual limit, is expected of 90 rows in ten bins. So each bound between bins is
/// tested by itself, as the sign test does: of n rows as many or more lie below it by chance with a probability of at most
/// exp(−n·KL(p, q)) (Chernoff 1952), whatever n.
package struct StabilityIndex: Codable, Sendable, Equatable {
  /// From here on a move counts at all; smaller ones are certain in large samples and matter to nobody.
  package static let limit = 0.1

  /// The index.
  package let value: Double
  /// An upper bound of how likely any of the bounds would be passed so far without a move.
  package let chance: Double

  /// The index of rows by bins that were equally likely, whose inner bounds are given by what lies below each of them.
  ///
  /// Where many values are equal to a bound, any share of them may count as below it. For the index as much of them does as
  /// brings the share below to what it was, if it can; a test counts none of them for, and none against a move. So whole numbers
  /// and flags are judged like measured values.
  ///
  /// - Parameters:
  ///   - below: for each inner bound the share of rows less than it.
  ///   - through: the share of rows less than or equal to it.
  ///   - rows: how many independent rows the shares stand for.
  package init(below: [Double], through: [Double], rows: Double) {
    let expected = 1 / Double(below.count + 1)
    // Half a row in every bin: an empty bin is no proof that nothing falls in it.
    let total = rows + 0.5 * Double(below.count + 1)
    var (last, sum, least) = (0.0, 0.0, 1.0)
    func add(_ share: Double) {
      let found = (share * rows + 0.5) / total
      sum += (found - expected) * (Elementary.log(found) - Elementary.log(expected))
    }
    for (place, (under, upTo)) in zip(below, through).enumerated() {
      let share = Double(place + 1) * expected
      let reached = max(last, min(max(share, under), upTo))
      add(reached - last)
      last = reached
      if under > share { least = min(least, Self.chance(of: under, expecting: share, rows: rows)) }
      if upTo < share { least = min(least, Self.chance(of: upTo, expecting: share, rows: rows)) }
    }
    add(max(0, 1 - last))
    value = sum
    chance = min(1, 2 * Double(below.count) * least)
  }

  /// Chernoff's bound of how likely a share as far from the expected one is, on its side of it.
  package static func chance(of share: Double, expecting expected: Double, rows: Double) -> Double {
    guard expected > 0, expected < 1 else { return share == expected ? 1 : 0 }
    func part(_ p: Double, _ q: Double) -> Double { p > 0 ? p * (Elementary.log(p) - Elementary.log(q)) : 0 }
    return Elementary.exp(-rows * max(0, part(share, expected) + part(1 - share, 1 - expected)))
  }

  /// The upper tail of the normal distribution.
  static func tail(_ z: Double) -> Double { erfc(z / 2.0.squareRoot()) / 2 }
}
