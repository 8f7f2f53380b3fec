// SPDX-License-Identifier: Apache-2.0
import Networks

/// A stratified division of units (patients) into folds for cross-validation.
package struct Folds: Sendable {
  /// The fold of each unit.
  package let fold: [Int]
  /// Number of folds.
  package let count: Int

  /// Deals the shuffled units of each class out over the folds in turn.
  package init(labels: [Bool], count: Int, seed: UInt64) {
    var fold = Array(repeating: 0, count: labels.count)
    var random = RandomSource(seed: seed)
    var next = 0
    for label in [true, false] {
      var units = labels.indices.filter { labels[$0] == label }
      random.shuffle(&units)
      for unit in units {
        fold[unit] = next
        next = (next + 1) % count
      }
    }
    self.fold = fold
    self.count = count
  }

  /// Units of a fold.
  package func held(_ number: Int) -> [Int] { fold.indices.filter { fold[$0] == number } }

  /// Units of the other folds.
  package func kept(_ number: Int) -> [Int] { fold.indices.filter { fold[$0] != number } }
}
