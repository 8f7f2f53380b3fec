// SPDX-License-Identifier: Apache-2.0

/// How many alarms and silences were right at one threshold. A ratio without a denominator is nil.
package struct Confusion: Codable, Sendable, Equatable {
  /// The alarm sounds at scores of at least this.
  package let threshold: Double
  package var truePositives = 0
  package var falsePositives = 0
  package var trueNegatives = 0
  package var falseNegatives = 0

  /// The share of all rows that were judged rightly.
  package var accuracy: Double? {
    ratio(truePositives + trueNegatives, truePositives + trueNegatives + falsePositives + falseNegatives)
  }
  /// The share of positive rows with an alarm; also called recall.
  package var sensitivity: Double? { ratio(truePositives, truePositives + falseNegatives) }
  /// The share of negative rows without one.
  package var specificity: Double? { ratio(trueNegatives, trueNegatives + falsePositives) }
  /// The share of alarms that were right; also called positive predictive value.
  package var precision: Double? { ratio(truePositives, truePositives + falsePositives) }
  /// The harmonic mean of precision and sensitivity.
  package var f1: Double? { ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives) }
  /// Score1 of the PhysioNet/CinC Challenge 2012: min(sensitivity, precision).
  package var score1: Double { min(sensitivity ?? 0, precision ?? 0) }

  private func ratio(_ numerator: Int, _ denominator: Int) -> Double? {
    denominator > 0 ? Double(numerator) / Double(denominator) : nil
  }
}

extension BinaryEvaluation {
  /// The counts when rows of at least `threshold` raise an alarm.
  package func confusion(threshold: Double) -> Confusion {
    var counts = Confusion(threshold: threshold)
    for (score, label) in zip(scores, labels) {
      switch (score >= threshold, label) {
      case (true, true): counts.truePositives += 1
      case (true, false): counts.falsePositives += 1
      case (false, true): counts.falseNegatives += 1
      case (false, false): counts.trueNegatives += 1
      }
    }
    return counts
  }

  /// The counts at every distinct score, from the highest down: the points of the ROC and precision-recall curves.
  package func confusions() -> [Confusion] {
    var result: [Confusion] = []
    var (alarms, hits) = (0, 0)
    while alarms < ascending.count {
      let threshold = scores[ascending[ascending.count - 1 - alarms]]
      while alarms < ascending.count, case let row = ascending[ascending.count - 1 - alarms], scores[row] == threshold {
        hits += labels[row] ? 1 : 0
        alarms += 1
      }
      var counts = Confusion(threshold: threshold)
      counts.truePositives = hits
      counts.falsePositives = alarms - hits
      counts.falseNegatives = positives - hits
      counts.trueNegatives = negatives - counts.falsePositives
      result.append(counts)
    }
    return result
  }

  /// The point at which Score1 = min(sensitivity, precision) peaks; of several, the one with the highest threshold. nil
  /// without rows.
  package var bestScore1: Confusion? {
    var best: Confusion?
    for counts in confusions() where counts.score1 > best?.score1 ?? -1 { best = counts }
    return best
  }
}
