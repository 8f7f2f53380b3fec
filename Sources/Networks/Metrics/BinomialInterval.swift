// SPDX-License-Identifier: Apache-2.0

/// The 95 % interval of a share of independent rows (Wilson 1927), which keeps its coverage near 0 and 1.
package struct BinomialInterval: Codable, Sendable, Equatable {
  package let share: Double
  package let low: Double
  package let high: Double

  /// The interval of `count` of `total`; nil of none.
  package init?(_ count: Int, of total: Int) {
    guard total > 0 else { return nil }
    let (n, p, z) = (Double(total), Double(count) / Double(total), 1.959963984540054)
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    share = p
    low = max(0, centre - half)
    high = min(1, centre + half)
  }
}
