// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Features
import Foundation
import Networks
import Synchronization
import Training

/// `vigil finetune`: fits a shipped package to a hospital's own stays and says what that changed.
struct FineTune: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune", abstract: "Fit a model package to local stays, and say what that changed.",
    discussion: """
      Example: vigil finetune prognosis --data our-export --version 2.0.1 --report changed.html
               vigil finetune diagnosis --data our-export --what last-layers --version 2.1.0 --checkpoint /tmp/state

      MODEL is prognosis or diagnosis for the newest package of that kind, or the folder of a package. The folder of --data
      holds a hospital's own FHIR beside its labels.csv (docs/model-owners.md), or a public data set.

      --what calibration (the default) fits calibration, alarm thresholds and conformal sets; the networks stay as they are.
      It needs 100 stays with the outcome and 100 without. --what last-layers trains the networks' heads further as well,
      from the shipped weights; it needs 200 of each. An outcome of which fewer are known stays as the parent has it; with
      fewer of the first outcome nothing is written.

      What is reported of the fitted package is cross-validated over the local stays: every fold is judged by what was fitted
      to the others. The same package and data give the same result on any machine. The new package names its parent by
      digest, in manifest.json and training.json.

      Exit codes: 0 written, 1 the data or the package cannot be read, 64 wrong usage, 65 too few stays, 66 no data below the
      folder, 78 the package carries no configuration of its training.
      """)

  @Argument(help: "prognosis, diagnosis, or the folder of a model package.") var model: String
  @Option(help: "Folder of the local stays.") var data: String
  @Option(help: "What is fitted: calibration or last-layers.") var what = FineTuning.Scope.calibration
  @Option(help: "Version of the new package, such as 2.0.1.") var version: String
  @Option(help: "Id of the new package (default: the parent's).") var id: String?
  @Option(help: "What a person calls the data, for card and report.") var title = "Local stays"
  @Option(help: "Folder to write the package to (default: its place under the profiles' models).") var output: String?
  @Option(help: "File to write the report to, as HTML.") var report: String?
  @Option(help: "Folder in which the state is kept, so that training the last layers can be resumed.")
  var checkpoint: String?
  @Option(help: "Folds of the cross-validation.") var folds = 5
  @Option(help: "Seed of folds and order of rows.") var seed: UInt64 = 1
  @Option(help: "Bootstrap samples for the intervals.") var bootstrap = 1_000
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Option(help: "Threads.") var jobs = 2
  @Flag(help: "Print what changed as JSON.") var json = false

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
    guard (2...20).contains(folds) else { throw ValidationError("--folds is 2 to 20") }
    guard (1...100_000).contains(bootstrap) else { throw ValidationError("--bootstrap is 1 to 100000") }
    let parts = version.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ Int($0) != nil }) else {
      throw ValidationError("--version is of three numbers, such as 2.0.1")
    }
  }

  func run() async throws {
    let progress = Progress()
    let folder = try PackageFiles.folder(model, profiles: profiles)
    let (files, package) = (PackageFiles(folder), try ModelPackage.load(folder))
    let name = id ?? package.manifest.id
    guard (name, version) != (package.manifest.id, package.manifest.version) else {
      throw ValidationError("the new package needs a version of its own: the parent is \(version)")
    }
    let reader = try reader(package.profile)
    let parent = ModelManifest.Parent(
      id: package.manifest.id, version: package.manifest.version, digest: package.digest, fitted: what.rawValue)
    let before = try files.configuration()
    let configuration = before.fitted(
      to: .init(
        reader: type(of: reader).name, title: title, licence: "Not published.", citation: "", url: "",
        rows: before.dataSets[0].rows),
      id: name, version: version, folds: folds, seed: seed, parent: parent)
    var table = StayTable(configuration, profile: package.profile)
    let leftOut = try await table.read(
      reader, dataSet: configuration.dataSets[configuration.dataSets.count - 1], jobs: jobs
    ) {
      progress.report("reading", $0, of: $1)
    }
    reader.report(stays: table.records.count, leftOut: leftOut)
    let tuning = try tuning(package, configuration, table)
    for outcome in tuning.short {
      Failure.say(
        "\(outcome.head) stays as it is: \(outcome.with) stays with it and \(outcome.without) without, of "
          + "\(what.leastStays) each")
    }
    let old = try await evaluation(of: package, configuration, reader, progress)
    let result = try await fit(tuning, configuration, progress)
    let summary = try write(package, files, configuration, parent, tuning, old, result)
    progress.finish()
    if json {
      print(String(decoding: try Self.encoded(summary), as: UTF8.self))
    } else {
      print(FineTuningText(summary).text)
    }
  }

  private func tuning(
    _ package: ModelPackage, _ configuration: ExperimentConfiguration, _ table: StayTable
  ) throws -> FineTuning {
    do {
      return try FineTuning(package, configuration: configuration, table: table, scope: what, jobs: jobs)
    } catch let error as ExperimentError where error.code == .tooFewStays {
      Failure.warn("\(error)")
      throw ExitCode(65)
    }
  }

  /// What the parent says of the local stays as it is.
  private func evaluation(
    of package: ModelPackage, _ configuration: ExperimentConfiguration, _ reader: any StayReader, _ progress: Progress
  ) async throws -> Evaluation {
    let found = try await PackageEvaluation(package, configuration: configuration, reader: reader, jobs: jobs) {
      progress.report("the parent on these stays", $0, of: $1)
    }
    return await found.evaluation(
      dataSet: title, members: package.ensemble.members.count, replicates: bootstrap, jobs: jobs)
  }

  private struct Fitted {
    var model: TrainedModel
    var decisions: [String: Experiment.DecisionRule]
    var conformal: [String: ConformalSet]
    var evaluation: Evaluation
  }

  private func fit(
    _ tuning: FineTuning, _ configuration: ExperimentConfiguration, _ progress: Progress
  ) async throws -> Fitted {
    let checkpoints = try checkpoint.map {
      try TrainingCheckpoints(
        directory: $0, configuration: try Self.encoded(configuration), table: tuning.experiment.table, seed: seed)
    }
    let done = Mutex(0.0)
    let total = tuning.epochs
    let perEpoch = Double(folds - 1) / Double(folds)
    @Sendable func report(_ title: String, _ work: Double) {
      let share = done.withLock { done in
        done += work
        return done / max(total, 1)
      }
      progress.report(title, share: share)
    }
    let validation = try await tuning.crossValidate(checkpoints: checkpoints) { fold, _ in
      report("fold \(fold + 1) of \(folds)", perEpoch)
    }
    let model = try await tuning.model(checkpoints: checkpoints) { _ in report("all stays", 1) }
    progress.report("scores and their intervals", 0, of: 1)
    let experiment = tuning.experiment
    return Fitted(
      model: model, decisions: experiment.decisions(validation), conformal: try experiment.conformal(validation),
      evaluation: try await experiment.evaluation(validation, replicates: bootstrap))
  }

  /// Writes package and report.
  private func write(
    _ package: ModelPackage, _ files: PackageFiles, _ configuration: ExperimentConfiguration,
    _ parent: ModelManifest.Parent, _ tuning: FineTuning, _ old: Evaluation, _ new: Fitted
  ) throws -> FineTuningReport {
    let fitted = try tuning.experiment.configuration.manifest(thresholds: new.decisions.compactMapValues(\.threshold))
    var manifest = package.manifest
    (manifest.id, manifest.version, manifest.parent) = (configuration.model.id, version, parent)
    for index in manifest.outcomes.indices {
      guard let outcome = fitted.outcomes.first(where: { $0.head == manifest.outcomes[index].head }) else { continue }
      manifest.outcomes[index].bands = outcome.bands
    }
    var evaluation = new.evaluation
    evaluation.dataSet = title
    let outcomes = package.manifest.outcomes.map { outcome in
      FineTuningReport.Outcome(
        head: outcome.head, before: old.outcomes.first { $0.head == outcome.head },
        after: new.evaluation.outcomes.first { $0.head == outcome.head }, thresholdBefore: outcome.alarm,
        thresholdAfter: new.decisions[outcome.head]?.threshold)
    }
    evaluation.outcomes = outcomes.compactMap { $0.after ?? $0.before }
    if evaluation.survival == nil { evaluation.survival = old.survival }
    if !tuning.short.isEmpty {
      let names = tuning.short.map(\.head).joined(separator: ", ")
      evaluation.method += " As the parent has them, with nothing fitted: \(names)."
    }
    var (calibrations, conformal) = ([String: PlattScaling](), [String: ConformalSet]())
    for predictor in package.predictors {
      let head = predictor.outcome.head
      calibrations[head] = new.decisions[head]?.calibration ?? predictor.calibration
      conformal[head] = new.conformal[head] ?? predictor.conformal
    }
    let card = try JSONDecoder().decode(ModelCard.self, from: Data(try files.bytes("model-card.json")))
    let writer = ModelWriter(
      manifest: manifest, model: new.model, calibrations: calibrations, conformal: conformal,
      distribution: package.distribution, evaluation: evaluation,
      card: try ModelCard(card.text, configuration: configuration, manifest: manifest, evaluation: evaluation),
      training: try Self.encoded(configuration), profile: "\(files.folder)/feature-profile.json",
      plan: "\(files.folder)/plan-definition.json")
    let folder = output ?? "\(profiles)/models/\(manifest.id)/\(manifest.version)"
    let digest = try writer.write(to: folder)
    let summary = FineTuningReport(
      parent: parent, id: manifest.id, version: manifest.version, stays: tuning.experiment.table.records.count,
      folds: folds, outcomes: outcomes)
    if let report {
      let page = FineTuningPage(summary, manifest: manifest, before: old, after: evaluation)
      try Data(page.html.utf8).write(to: URL(fileURLWithPath: report))
    }
    Failure.say("\(folder)\npackage digest \(digest)")
    return summary
  }

  /// The reader of what lies below the folder.
  private func reader(_ profile: FeatureProfile) throws -> any StayReader {
    for name in DataSets.names {
      let found = try DataSets.reader(name, in: [data], profile: profile, terminology: "\(profiles)/terminology")
      if let found { return found }
    }
    throw Failure.noInput("\(data): no labels.csv beside FHIR in it, and no public data set").exit()
  }

  private static func encoded(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value))
  }
}

extension FineTuning.Scope: ExpressibleByArgument {}
