// SPDX-License-Identifier: Apache-2.0

/// The difference of the AUROC of two scores of the same rows, with the standard deviation of DeLong, DeLong and
/// Clarke-Pearson (1988) over structural components, as Sun and Xu (2014) compute them from ranks.
package struct DeLong: Codable, Sendable, Equatable {
  /// AUROC of the first less that of the second.
  package let difference: Double
  /// Standard deviation of the difference.
  package let deviation: Double

  /// The 95 % interval of the difference.
  package var interval: ClosedRange<Double> { (difference - 1.96 * deviation)...(difference + 1.96 * deviation) }

  /// The comparison; nil unless each class has two rows.
  package init?(_ first: [Double], _ second: [Double], labels: [Bool]) {
    precondition(first.count == labels.count && second.count == labels.count)
    let positives = labels.count { $0 }
    guard positives > 1, labels.count - positives > 1 else { return nil }
    let (a, b) = (Self.components(first, labels), Self.components(second, labels))
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    func variance(_ values: [Double]) -> Double {
      let middle = mean(values)
      return values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(values.count - 1)
    }
    difference = mean(a.positive) - mean(b.positive)
    let ofPositives = variance(zip(a.positive, b.positive).map { $0 - $1 }) / Double(positives)
    let ofNegatives = variance(zip(a.negative, b.negative).map { $0 - $1 }) / Double(labels.count - positives)
    deviation = (ofPositives + ofNegatives).squareRoot()
  }

  /// For each positive row the share of negatives it outscores, for each negative row the share of positives that outscore
  /// it, ties counting half.
  private static func components(_ scores: [Double], _ labels: [Bool]) -> (positive: [Double], negative: [Double]) {
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var share = [Double](repeating: 0, count: scores.count)
    let positives = labels.count { $0 }
    let negatives = labels.count - positives
    var (positivesBelow, negativesBelow, start) = (0, 0, 0)
    while start < order.count {
      var end = start
      var (tiedPositives, tiedNegatives) = (0, 0)
      while end < order.count, scores[order[end]] == scores[order[start]] {
        if labels[order[end]] { tiedPositives += 1 } else { tiedNegatives += 1 }
        end += 1
      }
      for row in order[start..<end] {
        share[row] =
          labels[row]
          ? (Double(negativesBelow) + Double(tiedNegatives) / 2) / Double(negatives)
          : (Double(positives - positivesBelow - tiedPositives) + Double(tiedPositives) / 2) / Double(positives)
      }
      positivesBelow += tiedPositives
      negativesBelow += tiedNegatives
      start = end
    }
    return (
      labels.indices.filter { labels[$0] }.map { share[$0] }, labels.indices.filter { !labels[$0] }.map { share[$0] }
    )
  }
}
