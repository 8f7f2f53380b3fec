// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Features
import Foundation
import Networks
import Training

/// `vigil train`: cross-validates a network, trains it on all the data and writes its package.
struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network on a public data set and write its model package.",
    discussion: """
      The same seed and data give the same weights on any machine.
      """,
    subcommands: [TrainPrognosis.self, TrainDiagnosis.self])
}

/// What every training asks for.
struct TrainOptions: ParsableArguments {
  @Option(help: "Folder of the data set.") var data: String
  @Option(help: "Folder of the package to write (default: its place under the profiles' models).") var output: String?
  @Option(help: "Folder of feature profiles, recommendations and model packages.") var profiles = "Profiles"
  @Option(help: "Seed of folds and networks.") var seed: UInt64?
  @Option(help: "Threads.") var jobs = 2
  @Option(help: "Networks in the ensemble.") var members = 8

  mutating func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
    guard (1...64).contains(members) else { throw ValidationError("--members is 1 to 64") }
  }

  func profile(_ id: String) throws -> (path: String, profile: FeatureProfile) {
    let path = "\(profiles)/features/\(id).json"
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return (path, try JSONDecoder().decode(FeatureProfile.self, from: data))
  }

  /// Path of the recommendations that go into the package, if they lie in their place.
  func plan(_ id: String) -> String? {
    let path = "\(profiles)/recommendations/\(id).json"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// Writes the package and says so.
  func write(_ writer: ModelWriter) throws {
    let folder = output ?? "\(profiles)/models/\(writer.manifest.id)/\(writer.manifest.version)"
    let digest = try writer.write(to: folder)
    let scores = writer.evaluation.crossValidation
    func text(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }
    print(
      """
      \(folder)
        digest     \(digest)
        AUROC      \(text(scores.auroc)) (cross-validated)
        AUPRC      \(text(scores.auprc))
        Brier      \(text(scores.brier))
      """)
    if scores.score1 != nil { print("  Score1     \(text(scores.score1))\n  Score2     \(text(scores.score2))") }
    if scores.utility != nil { print("  utility    \(text(scores.utility))") }
  }
}

/// `vigil train prognosis`.
struct TrainPrognosis: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prognosis", abstract: "Hospital death and survival, on PhysioNet/CinC Challenge 2012.",
    discussion: """
      Example: vigil train prognosis --data physionet2012 --output /tmp/icu-prognosis

      The folder holds set-a, set-b, Outcomes-a.txt and Outcomes-b.txt. Exit codes: 0 written, 1 the data cannot be read, 64
      wrong usage.
      """)
  @OptionGroup var options: TrainOptions

  func run() async throws {
    let progress = Progress()
    let (path, profile) = try options.profile("icu-prognosis")
    let reader = try PhysioNet2012(directory: options.data, profile: profile)
    let hour = profile.eligibility.assessedAtHour ?? 48
    let stays = try await reader.map(
      jobs: options.jobs, progress: { progress.report("reading", $0, of: $1) },
      { (vector: profile.vector($0.timeline, atHour: hour), outcome: $0.outcome) })
    let known = stays.compactMap { stay in stay.outcome.map { (stay.vector, $0) } }
    var experiment = PrognosisExperiment(profile: profile, vectors: known.map(\.0), outcomes: known.map(\.1))
    experiment.seed = options.seed ?? experiment.seed
    experiment.jobs = options.jobs
    experiment.members = options.members
    let folds = Folds(labels: experiment.labels, count: 5, seed: experiment.seed)
    let (outOfFold, evaluation) = try await experiment.crossValidate(folds: folds) { fold, step in
      progress.report("fold \(fold + 1) of 5", step, members: options.members)
    }
    let model = try await experiment.fit(rows: Array(experiment.outcomes.indices)) {
      progress.report("all stays", $0, members: options.members)
    }
    progress.finish()
    let calibration = try outOfFold.calibration()
    let threshold = PrognosisExperiment.threshold(
      outOfFold.logits.map(calibration.probability), experiment.labels)
    try options.write(
      ModelWriter(
        manifest: PrognosisExperiment.manifest(threshold: threshold), model: model,
        calibrations: ["death": calibration],
        evaluation: evaluation, card: PrognosisExperiment.card(evaluation), profile: path,
        plan: options.plan("icu-prognosis")))
  }
}

/// `vigil train diagnosis`.
struct TrainDiagnosis: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnosis", abstract: "Sepsis each hour, on PhysioNet/CinC Challenge 2019.",
    discussion: """
      Example: vigil train diagnosis --data physionet2019 --output /tmp/icu-diagnosis

      The folder, or any folder below it, holds the .psv files. Exit codes: 0 written, 1 the data cannot be read, 64 wrong
      usage.
      """)
  @OptionGroup var options: TrainOptions

  func run() async throws {
    let progress = Progress()
    let (path, profile) = try options.profile("icu-diagnosis")
    let reader = try PhysioNet2019(directory: options.data, profile: profile)
    let stays = try await reader.map(
      jobs: options.jobs, progress: { progress.report("reading", $0, of: $1) },
      { stay in
        let rows = stay.outcome.labels.isEmpty ? [] : profile.trajectory(stay.timeline, atHours: stay.outcome.hours)
        return (vectors: rows.flatMap(\.values), labels: stay.outcome.labels)
      })
    var experiment = DiagnosisExperiment(profile: profile, stays: stays)
    experiment.seed = options.seed ?? experiment.seed
    experiment.jobs = options.jobs
    experiment.members = options.members
    let folds = Folds(labels: experiment.isSeptic, count: 5, seed: experiment.seed)
    let (outOfFold, evaluation) = try await experiment.crossValidate(folds: folds) { fold, step in
      progress.report("fold \(fold + 1) of 5", step, members: options.members)
    }
    let all = Array(experiment.stays.indices)
    let model = try await experiment.fit(stays: all) {
      progress.report("all stays", $0, members: options.members)
    }
    progress.finish()
    let calibration = try outOfFold.calibration()
    let threshold = experiment.threshold(outOfFold.logits.map(calibration.probability), stays: all)
    try options.write(
      ModelWriter(
        manifest: DiagnosisExperiment.manifest(threshold: threshold), model: model,
        calibrations: ["sepsis": calibration],
        evaluation: evaluation, card: DiagnosisExperiment.card(evaluation), profile: path,
        plan: options.plan("icu-diagnosis")))
  }
}

extension Progress {
  /// Reports an epoch of a member of an ensemble.
  func report(_ title: String, _ step: TrainingProgress, members: Int) {
    report(
      title, step.member * step.epochs + step.epoch, of: members * step.epochs,
      detail: String(format: "loss %.4f", step.loss))
  }
}
