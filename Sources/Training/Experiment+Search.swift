// SPDX-License-Identifier: Apache-2.0
import Crypto
import Decision
import Foundation
package import Networks

extension Experiment {
  /// By what settings are compared, on the rows by which the first outcome is scored; higher is better.
  package enum SearchScore: String, Codable, Sendable, CaseIterable {
    case auroc, auprc
  }

  /// What names a search: whoever has the same settings, data, folds and score makes the same journal.
  package func identity(_ search: SettingSearch, score: SearchScore) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var hash = SHA256()
    hash.update(data: try encoder.encode(configuration))
    hash.update(data: try encoder.encode(search.settings.map(\.networks)))
    hash.update(data: Data("\(score.rawValue) \(TrainingCheckpoints.digest(of: table))".utf8))
    return "vigil tune \(PackageSeal.hexadecimal(hash.finalize()))"
  }

  /// The same data trained by a setting.
  package func by(_ setting: SettingSearch.Setting) -> Experiment {
    var result = self
    result.configuration.networks = setting.networks
    return result
  }

  /// Trains without the stays of the trial's folds and scores each of those folds.
  ///
  /// - Throws: `DatasetError.tooFewStays` when a fold lacks one of the classes.
  package func scores(
    _ trial: NestedValidation.Trial, by score: SearchScore, progress: @escaping @Sendable (TrainingProgress) -> Void
  ) async throws -> [Double] {
    let folds = folds
    let stays = table.records.indices.filter { !trial.without.contains(folds.fold[$0]) }
    let model = try await fit(stays: stays, stage: "search", progress: progress)
    guard let head = configuration.model.outcomes.first.flatMap({ configuration.head($0.head) }) else {
      throw ExperimentError(.unknownHead)
    }
    var result: [Double] = []
    for fold in trial.without {
      var validation = CrossValidation(table, heads: configuration.heads, folds: folds)
      await validation.predict(model, table, fold: fold, jobs: jobs)
      let all = validation.outOfFold(head: head, table)
      let hour = configuration.heads[head].scoredAtHour
      let own = all.rows.indices.filter { all.fold[$0] == fold && (hour == nil || table.hours[all.rows[$0]] == hour) }
      // What diverged is worse than chance, and no reason to end the search.
      guard own.allSatisfy({ all.logits[$0].isFinite }) else {
        result.append(0)
        continue
      }
      let evaluation = BinaryEvaluation(scores: own.map { all.logits[$0] }, labels: own.map { all.labels[$0] })
      guard let value = score == .auroc ? evaluation.auroc : evaluation.averagePrecision else {
        throw DatasetError.tooFewStays
      }
      result.append(value)
    }
    return result
  }
}
