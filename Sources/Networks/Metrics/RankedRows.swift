// SPDX-License-Identifier: Apache-2.0

/// Rows sorted once by their probability, to be judged again and again with other numbers of copies of their units: a
/// bootstrap by patient over a million hours costs a pass over the rows a replicate, and no sorting.
package struct RankedRows: Sendable {
  /// What a pass yields; nil where a class is missing.
  package struct Measures: Sendable, Equatable {
    /// Area under the receiver operating characteristic, ties counting half.
    package var auroc: Double?
    /// Average precision.
    package var auprc: Double?
    /// Mean squared error of the probability.
    package var brier: Double?
    /// Expected calibration error over bins of equal count.
    package var ece: Double?
    /// Score2 of Challenge 2012, as `BinaryEvaluation.lemeshowH`.
    package var lemeshowH: Double?

    /// Of no rows nothing can be said.
    package init() {}
  }

  /// From the highest probability down.
  private let probabilities: [Double]
  private let labels: [Bool]
  private let units: [Int32]
  /// By unit its rows and its positive rows.
  private let rowsOfUnit: [(all: Int, positive: Int)]

  /// Rows of `units`, numbered from 0.
  package init(probabilities: [Double], labels: [Bool], units: [Int]) {
    precondition(probabilities.count == labels.count && labels.count == units.count)
    let order = probabilities.indices.sorted {
      probabilities[$0] == probabilities[$1] ? $0 < $1 : probabilities[$0] > probabilities[$1]
    }
    self.probabilities = order.map { probabilities[$0] }
    self.labels = order.map { labels[$0] }
    self.units = order.map { Int32(units[$0]) }
    var rowsOfUnit = [(all: Int, positive: Int)](repeating: (0, 0), count: (units.max() ?? -1) + 1)
    for (unit, label) in zip(units, labels) {
      rowsOfUnit[unit].all += 1
      if label { rowsOfUnit[unit].positive += 1 }
    }
    self.rowsOfUnit = rowsOfUnit
  }

  /// The measures when each unit occurs `copies[unit]` times; Lemeshow's H costs a second pass and is given when asked for.
  package func measures(copies: [Int], bins: Int, withLemeshowH: Bool = true) -> Measures {
    var (total, positives) = (0, 0)
    for (copy, own) in zip(copies, rowsOfUnit) {
      total += copy * own.all
      positives += copy * own.positive
    }
    let negatives = total - positives
    var result = Measures()
    guard total > 0 else { return result }
    var (hits, misses) = (0, 0)  // positives and negatives so far
    var (concordant, precision, squares) = (0.0, 0.0, 0.0)
    // One bin of the calibration: its rows, summed probability and positives.
    var (inBin, sumInBin, hitsInBin, bin, error) = (0, 0.0, 0, 1, 0.0)
    var start = 0
    while start < probabilities.count {
      let probability = probabilities[start]
      var (groupHits, groupMisses) = (0, 0)
      while start < probabilities.count, probabilities[start] == probability {
        let copy = copies[Int(units[start])]
        if labels[start] { groupHits += copy } else { groupMisses += copy }
        start += 1
      }
      let group = groupHits + groupMisses
      guard group > 0 else { continue }
      concordant += Double(groupMisses) * (Double(hits) + Double(groupHits) / 2)
      hits += groupHits
      misses += groupMisses
      precision += Double(groupHits) * Double(hits) / Double(hits + misses)
      let (missed, hit) = (probability * probability, (1 - probability) * (1 - probability))
      squares += Double(groupHits) * hit + Double(groupMisses) * missed
      inBin += group
      sumInBin += Double(group) * probability
      hitsInBin += groupHits
      // A bin ends with the group that fills it: equal probabilities are never torn apart.
      if (hits + misses) * bins >= total * bin {
        error += abs(sumInBin - Double(hitsInBin))
        (inBin, sumInBin, hitsInBin) = (0, 0, 0)
        bin = (hits + misses) * bins / total + 1
      }
    }
    if inBin > 0 { error += abs(sumInBin - Double(hitsInBin)) }
    result.brier = squares / Double(total)
    result.ece = error / Double(total)
    if positives > 0 { result.auprc = precision / Double(positives) }
    if positives > 0, negatives > 0 { result.auroc = concordant / (Double(positives) * Double(negatives)) }
    if withLemeshowH { result.lemeshowH = lemeshowH(copies, total: total) }
    return result
  }

  private func lemeshowH(_ copies: [Int], total: Int) -> Double? {
    let size = total / 10
    guard size > 0 else { return nil }
    var (sum, means) = (0.0, [Double]())
    var (risk, hits, room) = (0.0, 0, size)
    // From the lowest probability up; the remainder of the division are the highest.
    for row in probabilities.indices.reversed() where means.count < 10 {
      var left = copies[Int(units[row])]
      while left > 0, means.count < 10 {
        let taken = min(left, room)
        risk += Double(taken) * probabilities[row]
        if labels[row] { hits += taken }
        left -= taken
        room -= taken
        guard room == 0 else { continue }
        let mean = risk / Double(size)
        let difference = Double(hits) - risk
        sum += difference * difference / (Double(size) * mean * (1 - mean) + 0.001)
        means.append(mean)
        (risk, hits, room) = (0, 0, size)
      }
    }
    return means.count == 10 && means[9] > means[0] ? sum / (means[9] - means[0]) : nil
  }
}
