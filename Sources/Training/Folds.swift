// SPDX-License-Identifier: Apache-2.0
import Networks

/// A stratified division of units (patients) into folds for cross-validation.
package struct Folds: Sendable {
  /// The fold of each unit.
  package let fold: [Int]
  /// Number of folds.
  package let count: Int

  /// Deals the shuffled units of each stratum (0, 1, ...) out over the folds in turn.
  ///
  /// - Parameter patients: whose each unit is; a patient's further units go where the first one went.
  package init(strata: [Int], patients: [String]? = nil, count: Int, seed: UInt64) {
    var fold = Array(repeating: 0, count: strata.count)
    var random = RandomSource(seed: seed)
    var next = 0
    for stratum in Set(strata).sorted() {
      var units = strata.indices.filter { strata[$0] == stratum }
      random.shuffle(&units)
      for unit in units {
        fold[unit] = next
        next = (next + 1) % count
      }
    }
    var first: [String: Int] = [:]
    for (unit, patient) in (patients ?? []).enumerated() {
      if let earlier = first[patient] { fold[unit] = fold[earlier] } else { first[patient] = unit }
    }
    self.fold = fold
    self.count = count
  }

  /// Units of a fold.
  package func held(_ number: Int) -> [Int] { fold.indices.filter { fold[$0] == number } }

  /// Units of the other folds.
  package func kept(_ number: Int) -> [Int] { fold.indices.filter { fold[$0] != number } }
}
