// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Training

/// `vigil tune`: looks for a better architecture and optimiser, and says what the looking is worth.
struct Tune: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search architectures and optimisers by nested cross-validation.",
    discussion: """
      Example: vigil tune prognosis --data physionet2012 --output tuned.json --report tuned.html
               vigil tune my-training.json --data our-export --settings 20 --folds 5 --output tuned.json

      CONFIG is a JSON file, or prognosis or diagnosis for the shipped ones. Tried are the configuration as it is and random
      variations of its networks: hidden sizes, layers, dropout, optimiser, learning rate, weight decay, epochs, batch size.
      Encoding, labels and sampling stay.

      Nested: for every fold the choice is made again from the other folds alone and judged on that one. The mean of that is
      the score of the procedure, the only honest one; the best setting's own score was also chosen by luck. Of settings
      within one standard error of the best the smallest is chosen. A setting costs folds + folds*(folds - 1)/2 trainings, with
      one network of each kind unless --members says more.

      Finished trainings are kept in a journal beside the output. A search that was ended in any way, kill -9 among them, goes
      on with the same command line and comes to the same choice.

      --output is a configuration that `vigil train` takes.

      Exit codes: 0 written, 1 the data cannot be read or trained on, 64 wrong usage, 66 the data of the first outcome are not
      below any folder, 73 a file cannot be written, 78 the configuration or a file it names cannot be used, or the journal is
      of another search.
      """)

  @Argument(help: "Configuration file, or prognosis or diagnosis.") var config: String
  @Option(help: "Folder of a data set; may be given several times.") var data: [String] = []
  @Option(help: "File to write the chosen configuration to.") var output: String
  @Option(help: "File to write the report to, as HTML.") var report: String?
  @Option(help: "File of finished trainings (default: the output's name and .journal).") var journal: String?
  @Option(help: "How many settings are tried, the configuration as it is among them.") var settings = 8
  @Option(help: "Folds.") var folds = 3
  @Option(help: "Networks of each kind while searching.") var members = 1
  @Option(help: "By what settings are compared: auroc or auprc of the first outcome.") var score =
    Experiment.SearchScore.auroc
  @Option(help: "Seed of settings, folds and networks (default: the configuration's).") var seed: UInt64?
  @Option(help: "Folder of configurations, feature profiles, recommendations and model packages.")
  var profiles = "Profiles"
  @Option(help: "Threads.") var jobs = 2
  @Flag(help: "Print the report as JSON: every setting and every training.") var json = false

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
    guard (1...1000).contains(settings) else { throw ValidationError("--settings is 1 to 1000") }
    guard (3...20).contains(folds) else { throw ValidationError("--folds is 3 to 20") }
    guard (1...64).contains(members) else { throw ValidationError("--members is 1 to 64") }
    guard !data.isEmpty else { throw ValidationError("name the folder of the data with --data") }
  }

  func run() async throws {
    let progress = Progress()
    var recipe = try TrainingRecipe(config, profiles: profiles, seed: seed, members: nil)
    if let note = try recipe.leaveOut(absentFrom: data) { Failure.say("vigil tune: \(note)") }
    let given = recipe.configuration
    try recipe.search(folds: folds, members: members)
    let experiment = try await recipe.experiment(data: data, jobs: jobs, progress: progress)
    let search = SettingSearch(recipe.configuration, count: settings, seed: recipe.configuration.seed)
    var nested = NestedValidation(folds: folds, sizes: search.settings.map(\.units))
    let journal = try openJournal(try experiment.identity(search, score: score))
    nested.scores = journal.scores
    try await run(search, &nested, experiment, journal, progress)
    progress.finish()
    guard
      let found = SearchReport(
        search, nested, recipe.configuration, stays: experiment.table.records.count, score: score)
    else { throw ExitCode(1) }
    try write(found, search, given)
  }

  private func openJournal(_ identity: String) throws -> TrialJournal {
    do {
      return try TrialJournal(path: journal ?? output + ".journal", identity: identity)
    } catch {
      throw (error.code == .foreignCheckpoint ? Failure.configuration("\(error)") : .trail("\(error)")).exit()
    }
  }

  /// Does every trial that the journal has not.
  private func run(
    _ search: SettingSearch, _ nested: inout NestedValidation, _ experiment: Experiment, _ journal: TrialJournal,
    _ progress: Progress
  ) async throws {
    func work(_ trial: NestedValidation.Trial) -> Double {
      Double(search.settings[trial.setting].networks.reduce(0) { $0 + $1.members * $1.epochs })
    }
    let all = nested.trials
    let total = all.reduce(0) { $0 + work($1) }
    var done = all.filter { nested.scores[$0] != nil }.reduce(0) { $0 + work($1) }
    for (number, trial) in all.enumerated() where nested.scores[trial] == nil {
      let setting = search.settings[trial.setting]
      let title = "training \(number + 1) of \(all.count)"
      progress.report("search", share: done / total, detail: "\(title), setting \(setting.number)")
      let scores = try await experiment.by(setting).scores(trial, by: score) { _ in }
      try journal.append(trial, scores)
      nested.scores[trial] = scores
      done += work(trial)
      progress.report("search", share: done / total, detail: "\(title), setting \(setting.number)")
    }
  }

  private func write(_ found: SearchReport, _ search: SettingSearch, _ given: ExperimentConfiguration) throws {
    var chosen = given
    if let setting = search.settings.first(where: { $0.number == found.chosen }) {
      for (index, group) in setting.networks.enumerated() {
        chosen.networks[index] = group
        chosen.networks[index].members = given.networks[index].members
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try (try encoder.encode(chosen) + Data("\n".utf8)).write(to: URL(fileURLWithPath: output))
      if let report { try Data(SearchPage(found).html.utf8).write(to: URL(fileURLWithPath: report)) }
    } catch {
      throw Failure.trail("\(output): cannot be written").exit()
    }
    print(json ? String(decoding: try encoder.encode(found), as: UTF8.self) : found.text)
  }
}

extension Experiment.SearchScore: ExpressibleByArgument {}
