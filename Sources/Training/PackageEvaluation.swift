// SPDX-License-Identifier: Apache-2.0
package import Decision
import Features
import FoundationEssentials
package import Networks
package import Replay

/// What a model package says of the stays of a data set, whoever the patients are: for scoring, with the bits that an
/// assessment gives.
package struct PackageEvaluation: Sendable {
  /// What is said of one outcome at each row.
  package struct Outcome: Sendable {
    package var outcome: ModelManifest.Outcome
    /// How its rows are labelled and scored.
    package var head: HeadDefinition
    package var probabilities: [Double] = []
    package var sets: [ScoredRows.PredictionSet] = []
    package var labels: [Float] = []
    package var weights: [Float] = []
  }

  /// One stay's part of the result.
  private struct Part: Sendable {
    var rows: StayTable.Rows
    var hours: [Double]
    var probabilities: [[Double]]
    var sets: [[ScoredRows.PredictionSet]]
    var curves: [SurvivalCurve]
  }

  package private(set) var records: [StayTable.Record] = []
  /// The hour of each row.
  package private(set) var hours: [Double] = []
  package private(set) var outcomes: [Outcome]
  /// What was left out of the data, by reason.
  package private(set) var leftOut = Tally()
  /// The survival curve of each row; empty without a survival head.
  package private(set) var curves: [SurvivalCurve] = []
  /// The target of the conformal sets.
  package let coverage: Double
  private let horizon: Double?

  /// Asks a package about every stay of a data set.
  ///
  /// - Parameters:
  ///   - configuration: that of the package's training: it says how rows are labelled, and which hours are rows.
  ///   - hour: the one hour at which every stay is asked about; nil: those of the configuration.
  package init(
    _ package: ModelPackage, configuration: ExperimentConfiguration, reader: any StayReader, hour: Double? = nil,
    jobs: Int,
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) async throws {
    var outcomes: [Outcome] = []
    for predictor in package.predictors {
      guard let index = configuration.head(predictor.outcome.head) else {
        throw ExperimentError(.unknownHead, detail: predictor.outcome.head)
      }
      var head = configuration.heads[index]
      if let hour { head.scoredAtHour = hour }
      outcomes.append(Outcome(outcome: predictor.outcome, head: head))
    }
    self.outcomes = outcomes
    coverage = package.primary.conformal.coverage
    horizon = package.manifest.survival?.binEnds.last
    // The outcomes' heads alone, in the package's order.
    var asked = configuration
    asked.heads = outcomes.map(\.head)
    let name = type(of: reader).name
    // A data set that the networks did not learn from is asked about as the first that they did, for every label it has.
    var dataSet =
      configuration.dataSets.first { $0.reader == name }
      ?? ExperimentConfiguration.DataSet(
        reader: name, title: name, licence: "", citation: "", url: "", rows: configuration.dataSets[0].rows)
    if !configuration.dataSets.contains(where: { $0.reader == name }) {
      for index in asked.heads.indices { asked.heads[index].dataSets = nil }
    }
    if let hour { dataSet.rows = RowSelection(at: [hour]) }
    dataSet.rows.random = nil
    let (configuration, rows) = (asked, dataSet)
    leftOut = try await reader.forEach(jobs: jobs, progress: progress) { stay in
      Self.part(stay, package, rows, configuration)
    } take: {
      append($0)
    }
  }

  private static func part(
    _ stay: Stay, _ package: ModelPackage, _ dataSet: ExperimentConfiguration.DataSet,
    _ configuration: ExperimentConfiguration
  ) -> Part {
    let rows = StayTable.rows(of: stay, dataSet: dataSet, configuration: configuration, profile: package.profile)
    let record = rows.record
    var inputs: [Float] = []
    for vector in rows.vectors { package.encoder.encode(vector.values[...], into: &inputs) }
    let logits = package.ensemble.logits(
      Matrix(rows: rows.vectors.count, columns: package.encoder.encoding.width, values: inputs))
    var part = Part(rows: rows, hours: rows.vectors.map(\.hour), probabilities: [], sets: [], curves: [])
    part.rows.vectors = []
    for predictor in package.predictors {
      let probabilities = part.hours.indices.map { predictor.probability(logits, row: $0) }
      part.probabilities.append(probabilities)
      part.sets.append(
        zip(part.hours, probabilities).map { hour, probability in
          let groups = FeatureProfile.subgroups(
            age: record.age, sex: record.sex, unitType: record.unitType, hour: hour)
          let labels = predictor.conformal.labels(probability, groups: groups)
          return ScoredRows.PredictionSet(yes: labels.yes, no: labels.no)
        })
    }
    part.curves = part.hours.indices.compactMap { row in
      package.survival(logits, row: row).map { SurvivalCurve(mean: $0) }
    }
    return part
  }

  private mutating func append(_ part: Part) {
    var record = part.rows.record
    record.rows = hours.count..<hours.count + part.hours.count
    records.append(record)
    hours += part.hours
    curves += part.curves
    for index in outcomes.indices {
      outcomes[index].probabilities += part.probabilities[index]
      outcomes[index].sets += part.sets[index]
      outcomes[index].labels += part.rows.labels[index].values
      outcomes[index].weights += part.rows.labels[index].weights
    }
  }

  /// The rows that have the label of an outcome.
  private func scoredRows(_ index: Int) -> ScoredRows {
    let outcome = outcomes[index]
    var rows = ScoredRows()
    rows.sets = []
    for record in records {
      let start = rows.labels.count
      for row in record.rows where outcome.weights[row] > 0 {
        rows.probabilities.append(outcome.probabilities[row])
        rows.labels.append(outcome.labels[row] > 0.5)
        rows.alarms.append(outcome.probabilities[row] >= outcome.outcome.alarm)
        rows.hours.append(hours[row])
        rows.sets?.append(outcome.sets[row])
      }
      guard rows.labels.count > start else { continue }
      rows.stays.append(start..<rows.labels.count)
      rows.records.append(record)
    }
    rows.describe(outcome.head)
    return rows
  }

  /// The scores of the outcomes that the data set has labels of; with `replicates` all that is reported of them as well.
  package func evaluation(
    dataSet: String, members: Int, replicates: Int?, seed: UInt64 = 1, jobs: Int
  ) async -> Evaluation {
    var result: [Evaluation.Outcome] = []
    for index in outcomes.indices {
      let (head, all, threshold) = (outcomes[index].head, scoredRows(index), outcomes[index].outcome.alarm)
      let rows = head.scoredAtHour == nil ? all : all.gathering { $0 == head.scoredAtHour }
      guard !rows.labels.isEmpty else { continue }
      let byHour: [Evaluation.Hour] = Evaluation.reportedHours.compactMap { hour in
        let here = all.gathering { $0 == hour }
        return here.labels.isEmpty ? nil : Evaluation.Hour(hour: hour, here, target: coverage)
      }
      result.append(
        await Evaluation.Outcome(
          head: head.name, rows, threshold: threshold.isFinite ? threshold : nil, target: coverage, byHour: byHour,
          replicates: replicates, seed: seed, jobs: jobs))
    }
    return Evaluation(
      dataSet: dataSet, method: "A finished package on stays that are given to it; nothing is fitted to them.",
      folds: nil, stays: records.count, members: members, seed: seed, outcomes: result, survival: survival())
  }

  private func survival() -> Evaluation.Survival? {
    guard let horizon, !curves.isEmpty else { return nil }
    let hour = outcomes.first?.head.scoredAtHour
    var rows: [(curve: SurvivalCurve, outcome: HospitalOutcome)] = []
    for record in records {
      guard let hospital = record.hospital else { continue }
      for row in record.rows where hour == nil || hours[row] == hour { rows.append((curves[row], hospital)) }
    }
    return Evaluation.Survival(rows, horizon: horizon)
  }
}
