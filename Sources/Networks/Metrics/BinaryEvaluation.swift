// SPDX-License-Identifier: Apache-2.0

/// Scores or probabilities of a yes/no outcome beside what happened, and the measures that judge them.
package struct BinaryEvaluation: Sendable {
  /// One score per row; higher means more likely.
  package let scores: [Double]
  package let labels: [Bool]
  /// How many labels are true.
  package let positives: Int
  /// Rows by ascending score, equal scores in the order of the rows.
  let ascending: [Int]

  /// An evaluation of as many scores as labels; scores must not be NaN.
  package init(scores: [Double], labels: [Bool]) {
    precondition(scores.count == labels.count)
    self.scores = scores
    self.labels = labels
    positives = labels.count { $0 }
    ascending = scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] < scores[$1] }
  }

  /// The same over some rows, e.g. a subgroup or a bootstrap sample.
  package func gathering(_ indices: some Collection<Int>) -> BinaryEvaluation {
    BinaryEvaluation(scores: indices.map { scores[$0] }, labels: indices.map { labels[$0] })
  }

  var negatives: Int { labels.count - positives }

  /// The area under the receiver operating characteristic: the probability that a positive row scores higher than a
  /// negative one, ties counting half (Mann and Whitney). nil unless both classes occur.
  package var auroc: Double? {
    guard positives > 0, negatives > 0 else { return nil }
    var rankSum = 0.0
    var start = 0
    while start < ascending.count {
      var end = start + 1
      while end < ascending.count, scores[ascending[end]] == scores[ascending[start]] { end += 1 }
      let rank = Double(start + 1 + end) / 2
      rankSum += rank * Double(ascending[start..<end].count { labels[$0] })
      start = end
    }
    let (p, n) = (Double(positives), Double(negatives))
    return (rankSum - p * (p + 1) / 2) / (p * n)
  }

  /// The area under the precision-recall curve as average precision: Σ (recallₖ − recallₖ₋₁)·precisionₖ over the distinct
  /// scores from the highest down. nil without a positive row.
  package var averagePrecision: Double? {
    guard positives > 0 else { return nil }
    var (sum, before) = (0.0, 0)
    for counts in confusions() {
      sum += Double(counts.truePositives - before) / Double(positives) * (counts.precision ?? 0)
      before = counts.truePositives
    }
    return sum
  }

  /// The mean of (probability − label)².
  package var brier: Double {
    zip(scores, labels).reduce(0) { $0 + ($1.0 - ($1.1 ? 1 : 0)) * ($1.0 - ($1.1 ? 1 : 0)) } / Double(labels.count)
  }

  /// The expected calibration error: rows sorted by probability in bins of equal count; the mean over the bins, weighted
  /// by their rows, of |mean probability − share of positives|.
  package func calibrationError(bins: Int = 10) -> Double {
    calibration(bins: bins).reduce(0) { $0 + Double($1.count) * abs($1.meanProbability - $1.observed) }
      / Double(labels.count)
  }

  /// One bin of a calibration plot.
  package struct CalibrationBin: Codable, Sendable, Equatable {
    package let count: Int
    package let meanProbability: Double
    /// The share of positives.
    package let observed: Double
  }

  /// The rows sorted by probability in `bins` consecutive bins whose counts differ by at most one; empty ones left out.
  package func calibration(bins: Int = 10) -> [CalibrationBin] {
    (0..<bins).compactMap { bin in
      let rows = ascending[labels.count * bin / bins..<labels.count * (bin + 1) / bins]
      guard !rows.isEmpty else { return nil }
      return CalibrationBin(
        count: rows.count, meanProbability: rows.reduce(0) { $0 + scores[$1] } / Double(rows.count),
        observed: Double(rows.count { labels[$0] }) / Double(rows.count))
    }
  }

  /// Score2 of the PhysioNet/CinC Challenge 2012 (`lemeshow.m`, version 1.4): with the rows sorted by risk in 10
  /// consecutive bins of M = ⌊N/10⌋, O deaths and mean risk p̄ in each,
  /// H = Σ (O − M·p̄)² / (M·p̄·(1 − p̄) + 0.001) / (p̄₁₀ − p̄₁). Lower is better. nil for fewer than 10 rows or equal risks.
  package var lemeshowH: Double? {
    let size = labels.count / 10
    guard size > 0 else { return nil }
    var (sum, means) = (0.0, [Double]())
    for bin in 0..<10 {
      let rows = ascending[bin * size..<(bin + 1) * size]
      let deaths = Double(rows.count { labels[$0] })
      let mean = rows.reduce(0) { $0 + scores[$1] } / Double(size)
      let difference = deaths - Double(size) * mean
      sum += difference * difference / (Double(size) * mean * (1 - mean) + 0.001)
      means.append(mean)
    }
    return means[9] > means[0] ? sum / (means[9] - means[0]) : nil
  }
}
