// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation
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
      throw ValidationError("--report names the page; its numbers go beside it, under its name and .json")
    }
    guard policy.isEmpty || report != nil else { throw ValidationError("--policy needs a --report") }
  }

  /// Where the numbers of a report go.
  static func numbers(of report: String) -> String { "\(report).json" }

  /// Whether what is written would take the place of what is read.
  func overwrites(_ paths: [String], output: String?) -> Bool {
    func place(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
    let written = (report.map { [$0, Self.numbers(of: $0)] } ?? []) + [output].compactMap(\.self)
    let read = paths + policy + [labels].compactMap(\.self)
    return !Set(written.map(place)).isDisjoint(with: read.map(place)) || Set(written.map(place)).count < written.count
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
