// SPDX-License-Identifier: Apache-2.0
package import Networks

/// Mean logits of networks that never saw their rows.
package struct OutOfFold: Sendable {
  /// One logit a row.
  package var logits: [Double]
  /// The fold whose networks gave it.
  package var fold: [Int]
  /// The outcomes.
  package var labels: [Bool]
  /// Number of folds.
  package var folds: Int

  /// The calibration for the shipped ensemble: fitted to all rows.
  package func calibration() throws(NetworkError) -> PlattScaling {
    try PlattScaling(fitting: logits, labels: labels)
  }

  /// Probabilities to be scored: each fold's calibration is fitted to the other folds, so that no row judges itself.
  package func probabilities() throws(NetworkError) -> [Double] {
    var result = Array(repeating: 0.0, count: logits.count)
    for number in 0..<folds {
      let others = fold.indices.filter { fold[$0] != number }
      let calibration = try PlattScaling(fitting: others.map { logits[$0] }, labels: others.map { labels[$0] })
      for row in fold.indices where fold[row] == number { result[row] = calibration.probability(logits[row]) }
    }
    return result
  }

  /// Alarms to be scored: each fold's threshold is what `choose` finds on the rows of the other folds.
  package func alarms(_ probabilities: [Double], choose: ([Int]) -> Double) -> [Bool] {
    var result = Array(repeating: false, count: logits.count)
    for number in 0..<folds {
      let threshold = choose(fold.indices.filter { fold[$0] != number })
      for row in fold.indices where fold[row] == number { result[row] = probabilities[row] >= threshold }
    }
    return result
  }

  /// Area under the curve fold by fold.
  package func aurocByFold() -> [Double] {
    (0..<folds).compactMap { number in
      let rows = fold.indices.filter { fold[$0] == number }
      return BinaryEvaluation(scores: rows.map { logits[$0] }, labels: rows.map { labels[$0] }).auroc
    }
  }
}
