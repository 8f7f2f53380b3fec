// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Foundation
import Judgement
import Replay
import Synchronization
import Training

/// Gathers the evidence of a replay beside its report, and makes the report of it.
final class ReplayJudge: Sendable {
  /// What is kept of one chart.
  struct Kept: Sendable {
    var line: [UInt8] = []
    var difference: ModelDifference?
    /// By model.
    var drift: [[DriftSample]] = []
  }

  /// What is gathered in memory: it does not grow with the patients.
  struct State: Codable, Sendable, Equatable {
    var differences = ModelDifferences()
    /// By model.
    var drift: [DriftCounts]
  }

  private let models: ReplayModels
  private let report: String
  private let labels: String?
  private let source: LabelSource
  private let policies: [(String, AlertPolicy)]
  private let references: [DriftReference]
  /// Read before the run, which may take long.
  private let training: [ReplayModels.TrainingRecord]
  private let evidence: FileHandle
  private let gathered: Mutex<State>

  /// Where the evidence goes meanwhile.
  private var path: String { "\(report).evidence" }

  private var assessor: Assessor { models.assessor }

  /// - Parameters:
  ///   - labels: where they come from, in words.
  ///   - policies: to try on what was said, by name.
  ///   - checkpoint: where an earlier run had come to; nil: from the start.
  init(
    _ models: ReplayModels, report: String, labels: String?, source: LabelSource, policies: [(String, AlertPolicy)],
    from checkpoint: ReplayCheckpoint?
  ) throws {
    (self.models, self.report, self.labels, self.source, self.policies) = (models, report, labels, source, policies)
    let assessor = models.assessor
    references = assessor.packages.map { DriftReference($0) }
    training = models.trainingRecords()
    gathered = Mutex(checkpoint?.gathered ?? State(drift: assessor.packages.map { _ in DriftCounts() }))
    evidence = try ReplayCheckpoint.file("\(report).evidence", from: checkpoint?.evidence)
    // It is about patients: for its user alone.
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(report).evidence")
  }

  /// What is gathered so far, and the length of the evidence.
  func state() throws -> (State, UInt64) { (gathered.withLock { $0 }, try evidence.offset()) }

  /// What is kept of a chart; called by several threads at once.
  func keep(_ chart: Chart, _ rows: [ReplayRow]) -> Kept {
    guard let line = ChartEvidence(chart, rows, source, assessor)?.line else { return Kept() }
    let least = gathered.withLock(\.differences.least)
    return Kept(
      line: line, difference: ModelDifference(chart, rows, beyond: least, assessor),
      drift: assessor.packages.indices.map { model in
        DriftSample.samples(rows, model: model, references[model], assessor.packages[model].profile)
      })
  }

  /// Takes what was kept, in order.
  func take(_ kept: Kept) throws {
    try evidence.write(contentsOf: Data(kept.line))
    gathered.withLock { state in
      if let difference = kept.difference { state.differences.add(difference) }
      for (model, samples) in kept.drift.enumerated() {
        for sample in samples { state.drift[model].add(sample, references[model]) }
      }
    }
  }

  /// Writes the report and says the scores.
  ///
  /// - Parameter isOfCalls: whether each chart is a call of a service: calls of one patient are then one course, and what a month saw
  ///   is not compared, for every call tells the same history again.
  func finish(
    _ summary: ReplaySummary, input: String, moments: String, isHourly: Bool, isOfCalls: Bool = false, jobs: Int
  ) async throws {
    try evidence.close()
    let packages = assessor.packages
    let table = try EvidenceTable(path: path, packages, joining: isOfCalls)
    let state = gathered.withLock { $0 }
    var evaluation: ReplayEvaluation?
    if labels != nil {
      let found = await ReplayEvaluation(
        table, packages, isHourly: isHourly, dataSet: input, replicates: 1_000, jobs: jobs)
      for scores in found.evaluations where !scores.outcomes.isEmpty { Failure.say(EvaluationText(scores).text) }
      if found.evaluations.allSatisfy(\.outcomes.isEmpty) {
        Failure.warn("the labels speak of no assessment: nothing can be judged")
      }
      evaluation = found
    }
    let drift = (isOfCalls ? 0..<0 : packages.indices).map { model in
      ModelDrift(
        FeatureDrift(state.drift[model], references[model]),
        OutputDrift(
          table, model: model, packages[model], evaluation: training[model].evaluation,
          scoredAtHour: training[model].scoredAtHour))
    }
    for (package, found) in zip(packages, drift) where !found.findings.isEmpty {
      Failure.say("\(package.manifest.id) \(package.manifest.version): drift, \(found.findings.count) findings")
    }
    let facts = RunFacts(
      command: CommandLine.arguments.joined(separator: " "), commit: ProgramIdentity.commit,
      program: ProgramIdentity.digest, configuration: assessor.digest, input: input, moments: moments, labels: labels)
    let page = ReplayPage(
      facts, packages, summary, evaluation: evaluation,
      pair: models.isPair
        ? await PairedComparison(table, packages, replicates: 1_000, jobs: jobs) : nil,
      differences: state.differences, drift: drift,
      alarms: isHourly ? AlarmCurves(table, packages, named: policies) : nil,
      patients: (table.patientCount, table.repeatedPatients))
    for (path, bytes) in [
      (report, Array(page.html.utf8)), (JudgementOptions.numbers(of: report), try page.numbers().encoded()),
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    try FileManager.default.removeItem(atPath: path)
  }

  /// Takes away what was gathered of a run that cannot go on.
  func abandon() { try? FileManager.default.removeItem(atPath: path) }
}
