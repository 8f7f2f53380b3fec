// SPDX-License-Identifier: Apache-2.0

/// A search for the best of some settings, with an honest score of the search itself.
///
/// The score of the setting that won says too much: it won also by luck. So the choice is made again for every fold, from
/// the other folds alone, and judged on that one: that is the score of the procedure (Varma and Simon, BMC Bioinformatics
/// 2006;7:91). With K folds a setting is trained without each fold, and without each pair of folds: what is trained without
/// i and j judges the setting in the choice for i (by j) and in the choice for j (by i). K + K(K − 1)/2 trainings a setting
/// serve all choices and the last one, over all folds.
package struct NestedValidation: Sendable {
  /// A training: a setting, and the folds whose stays it did not see; one or two.
  package struct Trial: Codable, Sendable, Hashable {
    /// Place in the settings, from 0.
    package var setting: Int
    package var without: [Int]

    package init(setting: Int, without: [Int]) {
      self.setting = setting
      self.without = without
    }
  }

  /// What a choice came to.
  package struct Choice: Codable, Sendable, Equatable {
    /// Place of the chosen setting, from 0.
    package var setting: Int
    /// Its score, on the fold that had no part in the choice.
    package var score: Double
  }

  /// The folds.
  package let folds: Int
  /// Units of each setting's networks: of two that cannot be told apart the smaller is taken.
  package let sizes: [Int]
  /// By trial the score on each of its folds, in their order.
  package var scores: [Trial: [Double]] = [:]

  package init(folds: Int, sizes: [Int]) {
    self.folds = folds
    self.sizes = sizes
  }

  /// Every training there is, setting after setting.
  package var trials: [Trial] {
    sizes.indices.flatMap { setting in
      (0..<folds).map { Trial(setting: setting, without: [$0]) }
        + (0..<folds).flatMap { first in
          (first + 1..<folds).map { Trial(setting: setting, without: [first, $0]) }
        }
    }
  }

  /// The scores of each setting on each fold by networks that saw none of the fold.
  package func outer(setting: Int) -> [Double] {
    (0..<folds).compactMap { scores[Trial(setting: setting, without: [$0])]?.first }
  }

  /// The scores of a setting on the folds other than `fold`, by networks that saw neither.
  private func inner(setting: Int, without fold: Int) -> [Double] {
    (0..<folds).filter { $0 != fold }.compactMap { other in
      let pair = [min(fold, other), max(fold, other)]
      guard let found = scores[Trial(setting: setting, without: pair)] else { return nil }
      return found[pair[0] == other ? 0 : 1]
    }
  }

  /// The setting of choice by scores on the same folds, higher being better: the smallest of those that are not worse than
  /// the best by more than one standard error of their difference over the folds; of several the first.
  ///
  /// - Parameter table: by setting the scores on each fold.
  package func choice(_ table: [[Double]]) -> Int {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    let means = table.map(mean)
    guard let best = means.indices.max(by: { (means[$0], -$0) < (means[$1], -$1) }) else { return 0 }
    let level = table.indices.filter { setting in
      let differences = zip(table[best], table[setting]).map { $0 - $1 }
      let loss = mean(differences)
      guard differences.count > 1 else { return loss <= 0 }
      let squares = differences.reduce(0) { $0 + ($1 - loss) * ($1 - loss) }
      let error = (squares / Double(differences.count - 1) / Double(differences.count)).squareRoot()
      return loss <= error
    }
    return level.min { (sizes[$0], $0) < (sizes[$1], $1) } ?? best
  }

  /// The setting to train with, from all folds; nil while a trial is missing.
  package var chosen: Int? {
    guard trials.allSatisfy({ scores[$0] != nil }) else { return nil }
    return choice(sizes.indices.map { outer(setting: $0) })
  }

  /// For each fold the choice made without it, and how that fared on it; nil while a trial is missing.
  package var procedure: [Choice]? {
    guard trials.allSatisfy({ scores[$0] != nil }) else { return nil }
    return (0..<folds).map { fold in
      let setting = choice(sizes.indices.map { inner(setting: $0, without: fold) })
      return Choice(setting: setting, score: outer(setting: setting)[fold])
    }
  }
}
