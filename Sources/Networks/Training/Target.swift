// SPDX-License-Identifier: Apache-2.0

/// What one head should say for each row, and how much each of its outputs counts.
package struct Target: Sendable {
  /// rows × the head's outputs: 0 or 1 for a sigmoid or hazard head, class shares summing to 1 for softmax, values for a
  /// linear head.
  package var labels: Matrix
  /// rows × outputs factors of the loss; 0 masks an output of a row, e.g. a label that its data set does not carry. For
  /// a softmax head the first column counts. nil means 1 everywhere.
  package var weights: Matrix?

  package init(labels: Matrix, weights: Matrix? = nil) {
    self.labels = labels
    self.weights = weights
  }

  /// A target of one output.
  package init(labels: [Float], weights: [Float]? = nil) {
    self.labels = Matrix(rows: labels.count, columns: 1, values: labels)
    self.weights = weights.map { Matrix(rows: $0.count, columns: 1, values: $0) }
  }

  /// The given rows.
  package func gathering(_ indices: some Collection<Int>) -> Target {
    Target(labels: labels.gathering(indices), weights: weights?.gathering(indices))
  }

  /// The target of a discrete-time hazard head (Brown 1975; Singer and Willett 1993).
  ///
  /// Interval k ends at `ends[k]`. A row with an event at `times[i]` has label 1 in the interval that holds it and
  /// counts up to there; a row censored at `times[i]` has labels 0 and counts in the intervals it survived whole. The
  /// cross-entropy of this target is the negative log likelihood of the survival model. Times past the last end are
  /// survivors of all intervals.
  package static func hazard(times: [Double], events: [Bool], ends: [Double]) -> Target {
    var labels = Matrix(rows: times.count, columns: ends.count)
    var weights = labels
    for (row, (time, event)) in zip(times, events).enumerated() {
      for (k, end) in ends.enumerated() {
        if time > end {
          weights[row, k] = 1
        } else if event {
          weights[row, k] = 1
          labels[row, k] = 1
          break
        } else {
          if time == end { weights[row, k] = 1 }
          break
        }
      }
    }
    return Target(labels: labels, weights: weights)
  }
}
