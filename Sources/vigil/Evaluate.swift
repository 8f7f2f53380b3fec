// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Features
import Foundation
import Networks
import Training

/// `vigil evaluate`: what a model package says of a data set, and how right it is.
struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score a model package on a data set.",
    discussion: """
      Example: vigil evaluate prognosis --path set-c --outcomes Outcomes-c.txt --json --predictions out.csv
               vigil evaluate diagnosis --path training_setB --report report.html
               vigil evaluate my-package --path our-export

      MODEL is prognosis or diagnosis for the newest package of that kind, or the folder of a package. The folder of --path
      holds a hospital's own FHIR beside its labels.csv (docs/model-owners.md), or records of PhysioNet/CinC Challenge 2012
      or 2019. Without outcomes there are probabilities only.

      The CSV has a line a row with the columns id, hour (of hourly outcomes), probability and alarm of the first outcome;
      further outcomes follow by name, such as aki and aki-alarm.

      With --report an HTML page is written that needs no network: ROC, precision-recall, calibration, decision curve, lead
      times, alarm burden, subgroups, single hours, intervals of 1,000 bootstrap samples of patients. --json prints the same
      numbers.

      Exit codes: 0 scored, 1 the data or the package cannot be read, 64 wrong usage, 78 the package carries no
      configuration of its training.
      """)

  @Argument(help: "prognosis, diagnosis, or the folder of a model package.") var model: String
  @Option(help: "Folder of the records.") var path: String
  @Option(help: "Outcome file of Challenge 2012 (default: those that lie in the folder).") var outcomes: String?
  @Option(help: "The one hour of the stay at which every stay is asked about (default: those of the training).")
  var hour: Double?
  @Option(help: "Folder of feature profiles and model packages.") var profiles = "Profiles"
  @Option(help: "File to write the probabilities to, as CSV.") var predictions: String?
  @Option(help: "File to write the report to, as HTML.") var report: String?
  @Option(help: "Bootstrap samples for the report.") var bootstrap = 1_000
  @Option(help: "Threads.") var jobs = 2
  @Flag(help: "Print the scores as JSON.") var json = false

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
    guard hour.map({ (0...10_000).contains($0) }) ?? true else { throw ValidationError("--hour is not negative") }
    guard (1...100_000).contains(bootstrap) else { throw ValidationError("--bootstrap is 1 to 100000") }
  }

  func run() async throws {
    let progress = Progress()
    let folder = try PackageFiles.folder(model, profiles: profiles)
    let package = try ModelPackage.load(folder)
    let configuration = try PackageFiles(folder).configuration()
    let reader = try reader(package.profile)
    let found = try await PackageEvaluation(
      package, configuration: configuration, reader: reader, hour: hour, jobs: jobs
    ) {
      progress.report("evaluating", $0, of: $1)
    }
    reader.report(stays: found.records.count, leftOut: found.leftOut)
    if let predictions {
      try Data(PredictionsText(found).csv.utf8).write(to: URL(fileURLWithPath: predictions))
    }
    if report != nil { progress.report("intervals", 0, of: 1) }
    let evaluation = await found.evaluation(
      dataSet: "\(path) (\(type(of: reader).name))", members: package.ensemble.members.count,
      replicates: report == nil ? nil : bootstrap, jobs: jobs)
    progress.finish()
    if let report {
      let page = ReportPage(package.manifest, digest: package.digest, evaluation: evaluation)
      try Data(page.html.utf8).write(to: URL(fileURLWithPath: report))
    }
    if json { print(try ScoresText(evaluation).json) } else { print(EvaluationText(evaluation).text) }
  }

  /// The reader of the records that lie in the folder.
  private func reader(_ profile: FeatureProfile) throws -> any StayReader {
    if outcomes == nil {
      for name in DataSets.names {
        let found = try DataSets.reader(
          name, in: [path], profile: profile, terminology: "\(profiles)/terminology")
        if let found { return found }
      }
    }
    return try PhysioNet2012(records: path, outcomes: outcomes, profile: profile)
  }
}
