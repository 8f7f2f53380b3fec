// SPDX-License-Identifier: Apache-2.0
import Networks

/// What networks that never saw their rows say of one outcome.
package struct OutOfFold: Sendable {
  /// Rows of the table, ascending; those with a label.
  package var rows: [Int]
  /// The mean logit of each row.
  package var logits: [Double]
  /// The fold whose networks gave it.
  package var fold: [Int]
  /// The outcomes.
  package var labels: [Bool]
  /// The positions of each stay's rows.
  package var stays: [Range<Int>]
  /// Number of folds.
  package var folds: Int

  /// The same for some positions, which must keep whole stays together.
  package func gathering(_ positions: [Int]) -> OutOfFold {
    let place = Dictionary(uniqueKeysWithValues: positions.enumerated().map { ($1, $0) })
    let kept = stays.compactMap { stay in
      let own = stay.compactMap { place[$0] }
      return own.first.map { $0..<$0 + own.count }
    }
    return OutOfFold(
      rows: positions.map { rows[$0] }, logits: positions.map { logits[$0] }, fold: positions.map { fold[$0] },
      labels: positions.map { labels[$0] }, stays: kept, folds: folds)
  }

  /// Area under the curve fold by fold.
  package func aurocByFold() -> [Double] {
    (0..<folds).compactMap { number in
      let rows = fold.indices.filter { fold[$0] == number }
      return BinaryEvaluation(scores: rows.map { logits[$0] }, labels: rows.map { labels[$0] }).auroc
    }
  }
}
