// SPDX-License-Identifier: Apache-2.0
package import Networks

extension Experiment {
  /// Hours of the stay whose scores are reported apart.
  private static let reportedHours: [Double] = [6, 12, 24, 48]

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

  /// The scores of a cross-validation.
  package func evaluation(_ validation: CrossValidation) throws -> Evaluation {
    var heads: [Evaluation.Outcome] = []
    for (index, head) in configuration.heads.enumerated() {
      guard let rule = head.threshold else { continue }
      let all = validation.outOfFold(head: index, table)
      let probabilities = try all.probabilities()
      let positions = positions(all, head)
      let scored = all.gathering(positions)
      let chosen = positions.map { probabilities[$0] }
      let alarms = scored.alarms(chosen, rule)
      let scores = Scores(
        probabilities: chosen, labels: scored.labels, alarms: alarms, stays: scored.stays,
        threshold: nil, isHourly: head.scoredAtHour == nil, hasUtility: head.label == LabelDefinition.sepsis.name)
      let one = scoredOfFirstMember(validation, index)
      let sets = try conformalMembership(all, probabilities: probabilities)
      heads.append(
        Evaluation.Outcome(
          head: head.name, scores: scores, aurocByFold: scored.aurocByFold(),
          aurocOfOneMember: BinaryEvaluation(scores: one.logits, labels: one.labels).auroc,
          byHour: hours(all, probabilities, sets),
          intervals: Scores.intervals(
            probabilities: chosen, labels: scored.labels, alarms: alarms, stays: scored.stays,
            isHourly: head.scoredAtHour == nil, seed: configuration.seed),
          groups: groups(scored, chosen, alarms, positions.map { sets[$0] }),
          conformal: .init(sets: positions.map { sets[$0] }, labels: scored.labels),
          bySite: bySite(scored, chosen, alarms, head),
          onsets: onsets(scored.labels, alarms, rows: scored.rows, stays: scored.stays, head)))
    }
    return Evaluation(
      dataSet: configuration.dataSets.map(\.title).joined(separator: "; "),
      method: "Cross-validation by stay, stratified; calibration and threshold of a fold from the other folds.",
      folds: validation.folds, stays: table.records.count, members: configuration.members, seed: configuration.seed,
      outcomes: heads, survival: survival(validation))
  }

  /// The scores at the hours that are reported apart.
  private func hours(
    _ all: OutOfFold, _ probabilities: [Double], _ sets: [(yes: Bool, no: Bool)]
  ) -> [Evaluation.Hour] {
    Self.reportedHours.compactMap { hour in
      let rows = all.rows.indices.filter { table.hours[all.rows[$0]] == hour }
      guard !rows.isEmpty else { return nil }
      let labels = rows.map { all.labels[$0] }
      let here = BinaryEvaluation(scores: rows.map { probabilities[$0] }, labels: labels)
      return .init(
        hour: hour, rows: rows.count, positives: here.positives, auroc: here.auroc, auprc: here.averagePrecision,
        brier: here.brier, ece: here.calibrationError(), conformal: .init(sets: rows.map { sets[$0] }, labels: labels))
    }
  }

  /// The scores within groups of patients, by the groups' names.
  private func groups(
    _ scored: OutOfFold, _ probabilities: [Double], _ alarms: [Bool], _ sets: [(yes: Bool, no: Bool)]
  ) -> [Evaluation.Group] {
    var members: [String: [Int]] = [:]
    for (position, row) in scored.rows.enumerated() {
      for name in table.subgroups(ofRow: row) where !name.hasPrefix("hour:") {
        members[name, default: []].append(position)
      }
    }
    return members.sorted { $0.key < $1.key }.map { name, rows in
      let labels = rows.map { scored.labels[$0] }
      let here = BinaryEvaluation(scores: rows.map { probabilities[$0] }, labels: labels)
      return .init(
        name: name, rows: rows.count, positives: here.positives, auroc: here.auroc,
        meanProbability: here.scores.reduce(0, +) / Double(rows.count),
        observed: Double(here.positives) / Double(rows.count),
        sensitivity: here.positives > 0
          ? Double(rows.count { scored.labels[$0] && alarms[$0] }) / Double(here.positives) : nil,
        conformal: .init(sets: rows.map { sets[$0] }, labels: labels))
    }
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
    var (predicted, times, events) = ([SurvivalCurve](), [Double](), [Bool]())
    var stay = 0
    for (position, row) in validation.rows.enumerated() {
      while row >= table.records[stay].rows.upperBound { stay += 1 }
      guard hour == nil || table.hours[row] == hour, let hospital = table.records[stay].hospital,
        hospital.isSurvivalValid
      else { continue }
      predicted.append(curves[position])
      times.append(hospital.survivalDays ?? horizon)
      events.append(hospital.survivalDays != nil)
    }
    let observed = SurvivalEvaluation(times: times, events: events).censored(at: horizon)
    return Evaluation.Survival(
      stays: times.count, horizonDays: horizon,
      concordance: observed.concordance(risks: predicted.map { 1 - $0.probability(at: horizon) }),
      integratedBrier: observed.integratedBrier(predicted, from: 2, to: horizon))
  }
}
