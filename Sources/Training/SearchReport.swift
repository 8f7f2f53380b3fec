// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What a search for the best setting tried and found.
package struct SearchReport: Codable, Sendable, Equatable {
  /// One setting.
  package struct Setting: Codable, Sendable, Equatable {
    package var number: Int
    package var text: String
    package var units: Int
    /// On each fold, by networks that saw none of it.
    package var scores: [Double]
    package var mean: Double
  }

  /// One training.
  package struct Trial: Codable, Sendable, Equatable {
    /// The setting's number.
    package var setting: Int
    /// The folds that were held back, from 1.
    package var without: [Int]
    package var scores: [Double]
  }

  /// The choice made without a fold, and how it fared on that fold.
  package struct Choice: Codable, Sendable, Equatable {
    /// From 1.
    package var fold: Int
    /// The chosen setting's number.
    package var setting: Int
    package var score: Double
  }

  package var title: String
  /// The outcome whose score decides, and the score.
  package var outcome: String
  package var score: Experiment.SearchScore
  package var stays: Int
  package var folds: Int
  package var seed: UInt64
  package var settings: [Setting]
  /// Number of the setting to train with.
  package var chosen: Int
  /// The score of the procedure: what choosing like this comes to on stays that had no part in the choice.
  package var procedure: [Choice]
  package var procedureMean: Double
  package var trials: [Trial]

  /// The report of a finished search; nil while a trial is missing.
  package init?(
    _ search: SettingSearch, _ nested: NestedValidation, _ configuration: ExperimentConfiguration, stays: Int,
    score: Experiment.SearchScore
  ) {
    guard let chosen = nested.chosen, let choices = nested.procedure else { return nil }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    title = configuration.model.title
    outcome = configuration.model.outcomes.first?.head ?? ""
    self.score = score
    self.stays = stays
    folds = nested.folds
    seed = configuration.seed
    settings = search.settings.enumerated().map { place, setting in
      let scores = nested.outer(setting: place)
      return Setting(
        number: setting.number, text: setting.text, units: setting.units, scores: scores, mean: mean(scores))
    }
    self.chosen = search.settings[chosen].number
    procedure = choices.enumerated().map { fold, choice in
      Choice(fold: fold + 1, setting: search.settings[choice.setting].number, score: choice.score)
    }
    procedureMean = mean(choices.map(\.score))
    trials = nested.trials.compactMap { trial in
      nested.scores[trial].map {
        Trial(setting: search.settings[trial.setting].number, without: trial.without.map { $0 + 1 }, scores: $0)
      }
    }
  }

  /// The report in words for a terminal, without a last line end.
  package var text: String {
    let name = score.rawValue.uppercased()
    var lines = [
      "\(settings.count) settings tried, \(trials.count) trainings on \(stays) stays in \(folds) folds; \(name) of \(outcome):"
    ]
    for setting in settings.sorted(by: { ($1.mean, $0.number) < ($0.mean, $1.number) }) {
      let mark = setting.number == chosen ? ">" : " "
      lines.append("\(mark) \(HTML.fixed(setting.mean, 4))  \(setting.number): \(setting.text)")
    }
    let best = settings.map(\.mean).max() ?? 0
    lines.append(
      "The procedure scores \(HTML.fixed(procedureMean, 4)) on stays that had no part in the choice; the best setting's own "
        + "\(HTML.fixed(best, 4)) was also chosen by luck.")
    return lines.joined(separator: "\n")
  }
}
