// SPDX-License-Identifier: Apache-2.0

/// Net benefit over thresholds (Vickers and Elkin 2006): what acting on a prediction earns when a missed case weighs as
/// much as (1 − t)/t needless actions.
package struct DecisionCurve: Codable, Sendable, Equatable {
  /// One threshold.
  package struct Point: Codable, Sendable, Equatable {
    package let threshold: Double
    /// TP/n − FP/n · t/(1 − t) when all rows from the threshold on are acted upon.
    package let model: Double
    /// The same when all rows are.
    package let all: Double
  }

  package let points: [Point]

  /// The curve of probabilities at thresholds between 0 and 1.
  package init(probabilities: [Double], labels: [Bool], thresholds: [Double]) {
    let evaluation = BinaryEvaluation(scores: probabilities, labels: labels)
    let (n, prevalence) = (Double(labels.count), Double(evaluation.positives) / Double(max(labels.count, 1)))
    points = thresholds.filter { $0 > 0 && $0 < 1 }.map { threshold in
      let counts = evaluation.confusion(threshold: threshold)
      let odds = threshold / (1 - threshold)
      return Point(
        threshold: threshold,
        model: n > 0 ? Double(counts.truePositives) / n - Double(counts.falsePositives) / n * odds : 0,
        all: prevalence - (1 - prevalence) * odds)
    }
  }
}
