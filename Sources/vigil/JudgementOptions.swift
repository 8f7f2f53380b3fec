// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Judgement
import Training

/// How a replay is judged, as options of `vigil replay`.
struct JudgementOptions: ParsableArguments {
  @Option(help: "What happened: a CSV file (patient, perhaps time, a column an outcome), or fhir: what the charts say.")
  var labels: String?
  @Option(help: "File for the report, a page of HTML; its numbers go beside it as JSON.") var report: String?
  @Option(help: "File of an alert policy to try on the past, with --at each-hour; may be given several times.")
  var policy: [String] = []

  func validate() throws {
    guard labels == nil || report != nil else { throw ValidationError("--labels needs a --report") }
    guard report?.hasSuffix(".json") != true else {
      throw ValidationError("--report names the page; its numbers go beside it, under its name with .json")
    }
    guard policy.isEmpty || report != nil else { throw ValidationError("--policy needs a --report") }
  }

  /// Who judges; nil when nobody is asked to.
  func judge(_ models: ReplayModels, from checkpoint: ReplayCheckpoint?) throws -> ReplayJudge? {
    guard let report else { return nil }
    return try ReplayJudge(
      models, report: report, labels: labels, source: source(models), policies: try policies(), from: checkpoint)
  }

  private func policies() throws -> [(String, AlertPolicy)] {
    try policy.map { ($0, try AlertPolicy(file: $0)) }
  }

  private func source(_ models: ReplayModels) throws -> LabelSource {
    guard let labels else { return .none }
    if labels == "fhir" { return .charts(try models.chartLabels()) }
    do throws(DatasetError) {
      let known = Set(models.assessor.packages.flatMap { $0.predictors.map(\.outcome.head) })
      return .file(try OutcomeLabels(path: labels, known: known))
    } catch {
      Failure.warn("\(error)")
      throw ExitCode(1)
    }
  }
}
