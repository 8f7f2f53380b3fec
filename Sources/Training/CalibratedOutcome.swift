// SPDX-License-Identifier: Apache-2.0
import Networks

/// What networks that never saw their rows say of one outcome, calibrated once for all that is made of it: scores,
/// thresholds and conformal sets.
package struct CalibratedOutcome: Sendable {
  package let head: HeadDefinition
  /// Place of the head among those of the configuration.
  let index: Int
  /// All rows with a label.
  let all: OutOfFold
  /// The positions of the rows that are scored, and by which the probability is calibrated: of a stay that is asked about
  /// at several hours the one at which it is scored, whose logits span those of all.
  let scored: [Int]
  /// The probability of each row of `all`: each fold's calibration is fitted to the other folds, so that no row judges
  /// itself.
  let probabilities: [Double]
  /// The calibration for the shipped ensemble: fitted to the scored rows of all folds.
  let calibration: PlattScaling

  /// Calibrates what was said.
  init(_ head: HeadDefinition, index: Int, _ all: OutOfFold, _ table: StayTable) throws(NetworkError) {
    self.head = head
    self.index = index
    self.all = all
    scored = all.rows.indices.filter { head.scoredAtHour == nil || table.hours[all.rows[$0]] == head.scoredAtHour }
    func fit(_ positions: [Int]) throws(NetworkError) -> PlattScaling {
      try PlattScaling(fitting: positions.map { all.logits[$0] }, labels: positions.map { all.labels[$0] })
    }
    var probabilities = [Double](repeating: 0, count: all.rows.count)
    for number in 0..<all.folds {
      let calibration = try fit(scored.filter { all.fold[$0] != number })
      for row in all.fold.indices where all.fold[row] == number {
        probabilities[row] = calibration.probability(all.logits[row])
      }
    }
    self.probabilities = probabilities
    calibration = try fit(scored)
  }

  /// Alarms of some rows: each fold's threshold is what the rule finds on the stays of the other folds.
  func alarms(_ rows: ScoredRows, _ outOfFold: OutOfFold) -> [Bool] {
    var result = [Bool](repeating: false, count: rows.labels.count)
    guard let rule = head.threshold else { return result }
    let days = rows.days
    for number in 0..<outOfFold.folds {
      let others = rows.stays.indices.filter { outOfFold.fold[rows.stays[$0].lowerBound] != number }
      let threshold = rule.threshold(
        rows.probabilities, rows.labels, stays: others.map { rows.stays[$0] },
        days: others.reduce(0) { $0 + days[$1] })
      guard let threshold else { continue }
      for row in result.indices where outOfFold.fold[row] == number {
        result[row] = rows.probabilities[row] >= threshold
      }
    }
    return result
  }
}
