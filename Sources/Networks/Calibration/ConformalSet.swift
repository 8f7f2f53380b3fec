// SPDX-License-Identifier: Apache-2.0

/// Class-conditional split-conformal prediction sets for a yes/no outcome (Vovk 2012, "Mondrian" sets).
///
/// A label belongs to the set when its probability is at least the class's bound. Each bound is the quantile of the
/// calibration rows of its own class, so coverage holds within each class, not only on the average.
package struct ConformalSet: Codable, Sendable, Equatable {
  /// The share of each class whose true label the set shall contain.
  package var coverage: Double
  /// `yes` belongs to the set of probability p when p ≥ this.
  package var leastForYes: Double
  /// `no` belongs to the set of probability p when 1 − p ≥ this.
  package var leastForNo: Double

  /// The bounds from calibrated out-of-fold probabilities. With n rows of a class, the bound is the row of rank
  /// ⌈(n + 1)·coverage⌉ from the top; 0 (always in the set) when there are too few rows for that.
  package init(coverage: Double, probabilities: [Double], labels: [Bool]) throws(NetworkError) {
    guard probabilities.count == labels.count, labels.contains(true), labels.contains(false) else {
      throw .insufficientData
    }
    self.coverage = coverage
    let pairs = zip(probabilities, labels)
    leastForYes = Self.bound(pairs.filter(\.1).map(\.0), coverage)
    leastForNo = Self.bound(pairs.filter { !$0.1 }.map { 1 - $0.0 }, coverage)
  }

  private static func bound(_ values: [Double], _ coverage: Double) -> Double {
    // The small amount keeps a product such as 20·0.95 from being rounded up past the whole number it means.
    let rank = Int((Double(values.count + 1) * coverage - 1e-9).rounded(.up))
    return rank > values.count ? 0 : values.sorted(by: >)[max(rank, 1) - 1]
  }

  /// Which labels belong to the set of probability `p`.
  package func labels(_ p: Double) -> (yes: Bool, no: Bool) {
    (p >= leastForYes, 1 - p >= leastForNo)
  }
}
