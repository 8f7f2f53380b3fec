// SPDX-License-Identifier: Apache-2.0

/// Whole-variable dropout: training as if measurements had not been taken.
///
/// For each row of a batch a rate r ~ U(0, `maximumRate`) is drawn, then each variable is removed with probability r:
/// all inputs that come from it take the values that they have when the variable is missing. The network so learns to
/// answer from sparse charts without losing accuracy on full ones.
package struct VariableDropout: Codable, Sendable, Equatable {
  /// The greatest rate.
  package var maximumRate: Float
  /// Per variable the input columns that depend on it.
  package var groups: [[Int]]
  /// Per input column its value when its variable is missing.
  package var missing: [Float]

  package init(maximumRate: Float, groups: [[Int]], missing: [Float]) {
    self.maximumRate = maximumRate
    self.groups = groups
    self.missing = missing
  }

  /// Removes variables from each row of `batch`, in the order of the rows and groups.
  package func apply(to batch: inout Matrix, random: inout RandomSource) {
    for row in 0..<batch.rows {
      let rate = random.uniform(0, maximumRate)
      for group in groups where random.uniform(0, 1) < rate {
        for column in group { batch[row, column] = missing[column] }
      }
    }
  }
}
