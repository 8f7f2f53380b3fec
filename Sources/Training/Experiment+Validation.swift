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
    return result
  }

  /// The calibration and the alarm's threshold of each outcome, from all out-of-fold rows.
  package func decisions(_ validation: CrossValidation) throws -> [String: DecisionRule] {
    var result: [String: DecisionRule] = [:]
    for (index, head) in configuration.heads.enumerated() {
      guard let rule = head.threshold else { continue }
      let outOfFold = validation.outOfFold(head: index, table)
      let calibration = try outOfFold.calibration()
      let scored = scored(outOfFold, head)
      result[head.name] = DecisionRule(
        calibration: calibration,
        threshold: rule.threshold(
          scored.logits.map(calibration.probability), scored.labels, stays: scored.stays))
    }
    return result
  }

  /// How a head's logits become a probability and an alarm.
  package struct DecisionRule: Sendable, Equatable {
    package var calibration: PlattScaling
    package var threshold: Double
  }

  /// The scores of a cross-validation, with intervals of so many bootstrap samples of stays.
  package func evaluation(_ validation: CrossValidation, replicates: Int = 1_000) async throws -> Evaluation {
    var outcomes: [Evaluation.Outcome] = []
    for (index, head) in configuration.heads.enumerated() where head.threshold != nil {
      let all = validation.outOfFold(head: index, table)
      let probabilities = try all.probabilities()
      let sets = try predictionSets(all, probabilities: probabilities)
      let rows = scoredRows(all, probabilities, sets, head, positions: Array(all.rows.indices))
      let scored = scored(all, head)
      let one = scoredOfFirstMember(validation, index)
      let byHour: [Evaluation.Hour] = Evaluation.reportedHours.compactMap { hour in
        let here = rows.gathering { $0 == hour }
        return here.labels.isEmpty ? nil : Evaluation.Hour(hour: hour, here, target: Self.coverage)
      }
      let judged =
        head.scoredAtHour == nil
        ? rows : scoredRows(all, probabilities, sets, head, positions: positions(all, head))
      outcomes.append(
        await Evaluation.Outcome(
          head: head.name, judged, threshold: nil, target: Self.coverage, byHour: byHour,
          aurocByFold: scored.aurocByFold(),
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
    _ all: OutOfFold, _ probabilities: [Double], _ sets: [ScoredRows.PredictionSet], _ head: HeadDefinition,
    positions: [Int]
  ) -> ScoredRows {
    let scored = all.gathering(positions)
    var rows = ScoredRows()
    rows.probabilities = positions.map { probabilities[$0] }
    rows.labels = scored.labels
    rows.alarms = head.threshold.map { scored.alarms(rows.probabilities, $0) } ?? scored.labels.map { _ in false }
    rows.hours = scored.rows.map { table.hours[$0] }
    rows.sets = positions.map { sets[$0] }
    rows.stays = scored.stays
    rows.records = scored.stays.map { table.record(ofRow: scored.rows[$0.lowerBound]) }
    rows.describe(head)
    return rows
  }

  private func positions(_ outOfFold: OutOfFold, _ head: HeadDefinition) -> [Int] {
    outOfFold.rows.indices.filter { head.scoredAtHour == nil || table.hours[outOfFold.rows[$0]] == head.scoredAtHour }
  }

  private func scored(_ outOfFold: OutOfFold, _ head: HeadDefinition) -> OutOfFold {
    head.scoredAtHour == nil ? outOfFold : outOfFold.gathering(positions(outOfFold, head))
  }

  private func scoredOfFirstMember(_ validation: CrossValidation, _ head: Int) -> OutOfFold {
    scored(validation.outOfFold(head: head, table, ofFirstMember: true), configuration.heads[head])
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
