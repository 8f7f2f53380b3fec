// SPDX-License-Identifier: Apache-2.0
package import Networks

extension Experiment {
  /// Trains on all folds of stays but one and asks what the networks say of the one held back, fold by fold.
  package func crossValidate(
    progress: @escaping @Sendable (_ fold: Int, TrainingProgress) -> Void = { _, _ in }
  ) async throws -> CrossValidation {
    let folds = folds
    var result = CrossValidation(table, heads: configuration.heads, folds: folds)
    for number in 0..<folds.count {
      let model = try await fit(stays: folds.kept(number), stage: "fold-\(number + 1)") { progress(number, $0) }
      await result.predict(model, table, fold: number, jobs: jobs)
    }
    try result.calibrate(table)
    return result
  }

  /// The calibration and the alarm's threshold of each outcome, from all out-of-fold rows.
  package func decisions(_ validation: CrossValidation) -> [String: DecisionRule] {
    var result: [String: DecisionRule] = [:]
    for outcome in validation.outcomes {
      guard let rule = outcome.head.threshold else { continue }
      let rows = scoredRows(outcome, [], positions: outcome.scored)
      let calibration = outcome.calibration
      result[outcome.head.name] = DecisionRule(
        calibration: calibration,
        threshold: rule.threshold(
          outcome.scored.map { calibration.probability(outcome.all.logits[$0]) }, rows.labels, stays: rows.stays,
          days: rows.days.reduce(0, +)))
    }
    return result
  }

  /// How a head's logits become a probability and an alarm.
  package struct DecisionRule: Sendable, Equatable {
    package var calibration: PlattScaling
    /// Where the alarm sounds; nil: never, for none would be worth it.
    package var threshold: Double?
  }

  /// The scores of a cross-validation, with intervals of so many bootstrap samples of patients.
  package func evaluation(_ validation: CrossValidation, replicates: Int = 1_000) async throws -> Evaluation {
    var outcomes: [Evaluation.Outcome] = []
    for outcome in validation.outcomes {
      let (head, all) = (outcome.head, outcome.all)
      let sets = try predictionSets(outcome)
      let rows = scoredRows(outcome, sets, positions: Array(all.rows.indices))
      let byHour: [Evaluation.Hour] = Evaluation.reportedHours.compactMap { hour in
        let here = rows.gathering { $0 == hour }
        return here.labels.isEmpty ? nil : Evaluation.Hour(hour: hour, here, target: Self.coverage)
      }
      let judged = head.scoredAtHour == nil ? rows : scoredRows(outcome, sets, positions: outcome.scored)
      let one = validation.outOfFold(head: outcome.index, table, ofFirstMember: true).gathering(outcome.scored)
      outcomes.append(
        await Evaluation.Outcome(
          head: head.name, judged, threshold: nil, target: Self.coverage, byHour: byHour,
          aurocByFold: all.gathering(outcome.scored).aurocByFold(),
          aurocOfOneMember: BinaryEvaluation(scores: one.logits, labels: one.labels).auroc, replicates: replicates,
          seed: configuration.seed, jobs: jobs))
    }
    return Evaluation(
      dataSet: configuration.dataSets.map(\.title).joined(separator: "; "),
      method: "Cross-validation by stay, stratified; calibration and threshold of a fold from the other folds.",
      folds: validation.folds, stays: table.records.count, members: configuration.members, seed: configuration.seed,
      outcomes: outcomes, survival: survival(validation))
  }

  /// What was said of an outcome at some of its rows, ready to be scored: calibration, threshold and conformal set of a
  /// fold come from the other folds.
  private func scoredRows(
    _ outcome: CalibratedOutcome, _ sets: [ScoredRows.PredictionSet], positions: [Int]
  ) -> ScoredRows {
    let scored = outcome.all.gathering(positions)
    var rows = ScoredRows()
    rows.probabilities = positions.map { outcome.probabilities[$0] }
    rows.labels = scored.labels
    rows.hours = scored.rows.map { table.hours[$0] }
    rows.sets = sets.isEmpty ? nil : positions.map { sets[$0] }
    rows.stays = scored.stays
    rows.records = scored.stays.map { table.record(ofRow: scored.rows[$0.lowerBound]) }
    rows.describe(outcome.head)
    rows.alarms = outcome.alarms(rows, scored)
    return rows
  }

  /// Scores of the survival curves at the hour at which the first outcome is scored; nil without a hazard head.
  private func survival(_ validation: CrossValidation) -> Evaluation.Survival? {
    guard let curves = validation.curves, let hazard = configuration.heads.first(where: { $0.kind == .hazard }),
      let horizon = hazard.binEnds?.last
    else { return nil }
    let hour = configuration.heads.first { $0.threshold != nil }?.scoredAtHour
    var rows: [(curve: SurvivalCurve, outcome: HospitalOutcome)] = []
    for (position, row) in validation.rows.enumerated() where hour == nil || table.hours[row] == hour {
      if let hospital = table.record(ofRow: row).hospital { rows.append((curves[position], hospital)) }
    }
    return Evaluation.Survival(rows, horizon: horizon)
  }
}
