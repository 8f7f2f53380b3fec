// SPDX-License-Identifier: Apache-2.0
package import Decision
import Networks
package import Training

/// How right each model was in a replay, by the scores and intervals by which packages are evaluated.
package struct ReplayEvaluation: Sendable {
  /// What was not judged of one outcome.
  package struct Unjudged: Codable, Sendable, Equatable {
    /// The head.
    package var head: String
    /// Rows of which it is known what happened and nothing was stated, and how many of them were positive.
    package var labelled: Int
    package var positives: Int
  }

  /// By model; an outcome without labels is left out.
  package private(set) var evaluations: [Evaluation] = []
  /// Whether the rows are moments of which a stay has several, but not each hour: they are counted, and no stays.
  package private(set) var isOfMoments = false
  /// By model.
  package private(set) var unjudged: [[Unjudged]] = []

  /// Scores the rows of a replay.
  ///
  /// - Parameters:
  ///   - isHourly: whether a patient has a row an hour.
  ///   - replicates: bootstrap samples of patients.
  package init(
    _ table: EvidenceTable, _ packages: [ModelPackage], isHourly: Bool, dataSet: String, replicates: Int, jobs: Int
  ) async {
    for (model, package) in packages.enumerated() {
      var outcomes: [Evaluation.Outcome] = []
      var unjudged: [Unjudged] = []
      for (outcome, predictor) in package.predictors.enumerated() {
        let (rows, _) = table.scored(model: model, outcome: outcome, predictor.outcome, isHourly: isHourly)
        let said = table.models[model].outcomes[outcome]
        let silent = said.labels.indices.filter { said.labels[$0] != nil && !said.probabilities[$0].isFinite }
        unjudged.append(
          Unjudged(
            head: predictor.outcome.head, labelled: silent.count, positives: silent.count { said.labels[$0] == true }))
        guard !rows.labels.isEmpty else { continue }
        let byHour: [Evaluation.Hour] = Evaluation.reportedHours.compactMap { hour in
          let here = rows.gathering { $0 == hour }
          return here.labels.isEmpty || !isHourly
            ? nil : Evaluation.Hour(hour: hour, here, target: predictor.conformal.coverage)
        }
        let alarm = predictor.outcome.alarm
        var scored = await Evaluation.Outcome(
          head: predictor.outcome.head, rows, threshold: alarm.isFinite ? alarm : nil,
          target: predictor.conformal.coverage, byHour: byHour, replicates: replicates, seed: 1, jobs: jobs)
        if !isHourly, rows.stays.contains(where: { $0.count > 1 }) {
          isOfMoments = true
          // Challenge 2012 defines them over stays, each once.
          (scored.scores.score1, scored.scores.score2) = (nil, nil)
          (scored.intervals["score1"], scored.intervals["score2"]) = (nil, nil)
        }
        outcomes.append(scored)
      }
      evaluations.append(
        Evaluation(
          dataSet: dataSet, method: "A finished package on charts that it is shown; nothing is fitted to them.",
          stays: table.records.count, members: package.ensemble.members.count, seed: 1, outcomes: outcomes))
      self.unjudged.append(unjudged)
    }
  }
}
