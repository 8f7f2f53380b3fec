// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Features
import Foundation
import Networks
import Synchronization
import Training

/// `vigil train`: cross-validates networks as a configuration says, trains them on all the data and writes the package.
struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train networks as a configuration says and write their model package.",
    discussion: """
      Example: vigil train prognosis --data physionet2012 --output /tmp/icu-prognosis
               vigil train diagnosis --data physionet2019 --data physionet2012 --checkpoint /tmp/state
               vigil train my-training.json --data physionet2012 --data physionet2019

      CONFIG is a JSON file, or prognosis or diagnosis for the shipped ones (Profiles/training/). Every folder of --data is
      searched for the records of every data set of the configuration; what is not there is left out, with the heads that
      only it can teach. The same configuration and data give the same weights on any machine, with any number of jobs.
      With --checkpoint a training that was ended in any way, kill -9 among them, goes on where it was and gives the
      weights it would have given.

      Exit codes: 0 written, 1 the data cannot be read or trained on, 64 wrong usage, 66 the data of the first outcome are
      not below any folder, 78 the configuration or a file it names cannot be used.
      """)

  @Argument(help: "Configuration file, or prognosis or diagnosis.") var config: String
  @Option(help: "Folder of a data set; may be given several times.") var data: [String] = []
  @Option(help: "Folder of the package to write (default: its place under the profiles' models).") var output: String?
  @Option(help: "Folder in which the state is kept, so that the training can be resumed.") var checkpoint: String?
  @Option(help: "Folder of configurations, feature profiles, recommendations and model packages.")
  var profiles = "Profiles"
  @Option(help: "Seed of folds and networks (default: the configuration's).") var seed: UInt64?
  @Option(help: "Threads.") var jobs = 2
  @Option(help: "Networks of each kind in the ensemble (default: the configuration's).") var members: Int?

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
    guard members.map({ (1...64).contains($0) }) ?? true else { throw ValidationError("--members is 1 to 64") }
    guard !data.isEmpty else { throw ValidationError("name the folder of the data with --data") }
  }

  func run() async throws {
    let progress = Progress()
    var recipe = try TrainingRecipe(config, profiles: profiles, seed: seed, members: members)
    if let note = try recipe.leaveOut(absentFrom: data) {
      FileHandle.standardError.write(Data("vigil train: \(note)\n".utf8))
    }
    var experiment = try await recipe.experiment(data: data, jobs: jobs, progress: progress)
    if let checkpoint {
      experiment.checkpoints = try TrainingCheckpoints(
        directory: checkpoint, configuration: recipe.json, table: experiment.table, seed: recipe.configuration.seed)
    }
    let (validation, model, transfers) = try await train(experiment, progress)
    progress.report("scores and their intervals", 0, of: 1)
    var evaluation = try await experiment.evaluation(validation)
    evaluation.transfers = transfers
    let decisions = experiment.decisions(validation)
    let manifest = try recipe.configuration.manifest(
      thresholds: decisions.compactMapValues(\.threshold), lastHours: experiment.lastHours)
    // A head may be calibrated and scored without being an outcome of the package.
    let heads = Set(manifest.outcomes.map(\.head))
    let calibrations = decisions.filter { heads.contains($0.key) }.mapValues(\.calibration)
    let conformal = try experiment.conformal(validation).filter { heads.contains($0.key) }
    let writer = ModelWriter(
      manifest: manifest, model: model, calibrations: calibrations, conformal: conformal,
      distribution: try experiment.distribution(recipe.profile), evaluation: evaluation,
      card: try ModelCard(
        recipe.card, configuration: recipe.configuration, manifest: manifest, evaluation: evaluation),
      training: recipe.json, profile: recipe.profilePath, plan: recipe.planPath)
    let folder = output ?? "\(profiles)/models/\(manifest.id)/\(manifest.version)"
    let digest = try writer.write(to: folder)
    progress.finish()
    print("\(folder)\n\(EvaluationText(evaluation).text)\npackage digest \(digest)")
  }

  /// Cross-validates and trains on all stays, with one measure of how far it all is.
  private func train(
    _ experiment: Experiment, _ progress: Progress
  ) async throws -> (CrossValidation, TrainedModel, [Evaluation.Transfer]?) {
    let configuration = experiment.configuration
    let folds = configuration.validation.folds
    // A fold sees all stays but its own; the last training sees all.
    let perEpoch = Double(folds - 1) / Double(folds)
    let epochs = configuration.networks.reduce(0) { $0 + $1.members * $1.epochs }
    let total = Double(epochs) * (perEpoch * Double(folds) + 1)
    let done = Mutex(0.0)
    @Sendable func report(_ title: String, _ work: Double, _ step: TrainingProgress) {
      let share = done.withLock { done in
        done += work
        return done / total
      }
      let detail = String(
        format: "network %d of %d, epoch %d of %d, loss %.4f", step.member + 1, configuration.members, step.epoch,
        step.epochs, step.loss)
      progress.report(title, share: share, detail: detail)
    }
    let validation = try await experiment.crossValidate { fold, step in
      report("fold \(fold + 1) of \(folds)", perEpoch, step)
    }
    let model = try await experiment.fit(stays: Array(experiment.table.records.indices), stage: "all") { step in
      report("all stays", 1, step)
    }
    let transfers = try await experiment.transfers { site, step in
      report("site \(site) alone", 0, step)
    }
    return (validation, model, transfers)
  }
}
