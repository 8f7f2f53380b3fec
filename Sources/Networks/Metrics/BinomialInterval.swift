// SPDX-License-Identifier: Apache-2.0

/// The 95 % interval of a share of independent rows (Wilson 1927), which keeps its coverage near 0 and 1.
package struct BinomialInterval: Codable, Sendable, Equatable {
  package let share: Double
  package let low: Double
  package let high: Double

  /// The interval of `count` of `total`; nil of none.
  package init?(_ count: Int, of total: Int) {
    guard total > 0 else { return nil }
    self.init(share: Double(count) / Double(total), effectiveCount: Double(total))
  }

  /// The interval of a share of rows that come in clusters, such as the hours of patients, of which each has `count` rows
  /// of `total`; nil of none. The rows count for as many independent ones as would give the share the variance that it has
  /// between the clusters (Kish 1965), and for no more than they are.
  package init?(clusters: [(count: Int, total: Int)]) {
    let total = clusters.reduce(0) { $0 + $1.total }
    guard total > 0 else { return nil }
    let share = Double(clusters.reduce(0) { $0 + $1.count }) / Double(total)
    let squares = clusters.reduce(0.0) {
      let difference = Double($1.count) - share * Double($1.total)
      return $0 + difference * difference
    }
    let variance = share * (1 - share)
    // Where all rows say the same, nothing tells how alike those of a cluster are: then only clusters count.
    let independent =
      squares > 0
      ? variance * Double(total) * Double(total) / squares : variance > 0 ? Double(total) : Double(clusters.count)
    self.init(share: share, effectiveCount: min(independent, Double(total)))
  }

  private init(share p: Double, effectiveCount n: Double) {
    let z = 1.959963984540054
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    share = p
    low = max(0, centre - half)
    high = min(1, centre + half)
  }
}
