// SPDX-License-Identifier: Apache-2.0

/// Something that is not as it was in training, or not as in the other months.
package struct DriftFinding: Codable, Sendable, Equatable {
  /// What has moved.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// The values of a feature against the training; the probabilities of an outcome against `OutputDrift.Reference`.
    case feature, output
    /// How often a feature is missing, against the training.
    case missing
    /// The units in which a signal is charted, against the other months.
    case unit
    /// How often nothing is stated, against the other months.
    case abstention
    /// Predicted against observed.
    case calibration
  }

  package var kind: Kind
  package var month: String
  /// The column, signal or outcome.
  package var name: String
  /// For people.
  package var title: String
  /// The index, or the share that is other.
  package var size: Double
  /// In words.
  package var text: String
}

/// What a month is judged by: of so many tests one in a hundred months would find something that is not there.
struct DriftTest {
  /// A third each for features with missing rates, for units, and for outputs: together one in a hundred.
  static let level = 0.01 / 3
  /// A share that differs by less is no finding.
  static let leastShare = 0.1

  let count: Int

  func isFound(chance: Double) -> Bool { chance * Double(max(count, 1)) < Self.level }

  /// Whether a share of so many independent rows differs from a known one.
  func differ(_ share: Double, _ rows: Double, from known: Double) -> Bool {
    rows >= FeatureDrift.fewestRows && abs(share - known) >= Self.leastShare
      && isFound(chance: 2 * StabilityIndex.chance(of: share, expecting: known, rows: rows))
  }

  /// What is usual among months: the median of their shares, so that one that has moved makes no other one stand out. Months of a few
  /// rows do not count where there are others.
  static func usual(_ months: [(share: Double, rows: Double)]) -> Double {
    let large = months.filter { $0.rows >= FeatureDrift.fewestRows }
    let sorted = (large.isEmpty ? months : large).map(\.share).sorted()
    return sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// Whether two shares differ, each of so many independent rows.
  func differ(_ first: Double, _ rows: Double, _ second: Double, _ others: Double) -> Bool {
    guard min(rows, others) >= FeatureDrift.fewestRows, abs(first - second) >= Self.leastShare else { return false }
    let pooled = (first * rows + second * others) / (rows + others)
    // A share of 0 or 1 has no variance of its own; half a row on each side gives it one.
    let held = min(max(pooled, 0.5 / (rows + others)), 1 - 0.5 / (rows + others))
    let deviation = (held * (1 - held) * (1 / rows + 1 / others)).squareRoot()
    return isFound(chance: 2 * StabilityIndex.tail(abs(first - second) / deviation))
  }
}
