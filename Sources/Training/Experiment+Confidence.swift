// SPDX-License-Identifier: Apache-2.0
import Decision
package import Features
package import Networks

extension Experiment {
  /// The share of each class whose conformal set shall hold it.
  static let coverage = 0.9

  /// The conformal set of each outcome, from all out-of-fold rows, with bounds of their own for groups of patients at
  /// their hours.
  package func conformal(_ validation: CrossValidation) throws -> [String: ConformalSet] {
    var result: [String: ConformalSet] = [:]
    for outcome in validation.outcomes {
      result[outcome.head.name] = try conformal(outcome, of: Array(outcome.all.rows.indices))
    }
    return result
  }

  /// How the rows of the training are distributed: every tenth of a stay's, beginning one later in each stay. Where all
  /// stays have ten rows, every tenth of all rows would be of one hour alone.
  package func distribution(_ profile: FeatureProfile) throws -> FeatureDistribution {
    let rows = table.records.enumerated().flatMap { number, stay in
      Array(stride(from: stay.rows.lowerBound + number % 10, to: stay.rows.upperBound, by: 10))
    }
    let values = rows.flatMap { Array(table.features.row($0)) }
    return try FeatureDistribution(
      fitting: Matrix(rows: rows.count, columns: table.features.columns.count, values: values), profile: profile)
  }

  /// Whether the set of each row holds what happened and what did not, by bounds that are fitted to the other folds.
  func predictionSets(_ outcome: CalibratedOutcome) throws -> [ScoredRows.PredictionSet] {
    let all = outcome.all
    var result = [ScoredRows.PredictionSet](repeating: .init(yes: true, no: true), count: all.rows.count)
    for number in 0..<all.folds {
      let set = try conformal(outcome, of: all.fold.indices.filter { all.fold[$0] != number })
      for row in all.fold.indices where all.fold[row] == number {
        let labels = set.labels(outcome.probabilities[row], groups: table.subgroups(ofRow: all.rows[row]))
        result[row] = .init(yes: labels.yes, no: labels.no)
      }
    }
    return result
  }

  /// The conformal set by some of the positions. Of a class with a million hours, spread over all stays, 20,000 give the
  /// same bounds; of a rare one all are taken.
  private func conformal(_ outcome: CalibratedOutcome, of positions: [Int]) throws -> ConformalSet {
    let all = outcome.all
    func thinned(_ positions: [Int]) -> [Int] {
      let step = max(1, positions.count / 20_000)
      return stride(from: 0, to: positions.count, by: step).map { positions[$0] }
    }
    let chosen = thinned(positions.filter { all.labels[$0] }) + thinned(positions.filter { !all.labels[$0] })
    return try ConformalSet(
      coverage: Self.coverage, probabilities: chosen.map { outcome.probabilities[$0] },
      labels: chosen.map { all.labels[$0] }, groups: chosen.map { table.subgroups(ofRow: all.rows[$0]) },
      units: chosen.map { table.stay(ofRow: all.rows[$0]) })
  }
}
