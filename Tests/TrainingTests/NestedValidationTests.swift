// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks
import Testing
import Training

@Suite struct NestedValidationTests {
  /// Three folds, two settings; scores by hand.
  private func nested(sizes: [Int] = [10, 10]) -> NestedValidation {
    var nested = NestedValidation(folds: 3, sizes: sizes)
    // Setting 0 is better without fold 0 in the choice, setting 1 on fold 0.
    let outer = [[0.6, 0.9, 0.9], [0.9, 0.8, 0.8]]
    for setting in 0..<2 {
      for fold in 0..<3 { nested.scores[.init(setting: setting, without: [fold])] = [outer[setting][fold]] }
      for (first, second) in [(0, 1), (0, 2), (1, 2)] {
        nested.scores[.init(setting: setting, without: [first, second])] = [
          outer[setting][first], outer[setting][second],
        ]
      }
    }
    return nested
  }

  @Test func everyFoldAndPairIsTriedOnce() {
    let nested = NestedValidation(folds: 4, sizes: [1, 2, 3])
    #expect(nested.trials.count == 3 * (4 + 6) && Set(nested.trials).count == nested.trials.count)
    #expect(nested.trials.allSatisfy { $0.without == $0.without.sorted() })
  }

  /// The choice for a fold is made by the other two folds alone: for fold 0 by folds 1 and 2, where setting 0 is better by
  /// far more than its error, though on fold 0 it is worse.
  @Test func theProcedureIsJudgedOnTheFoldThatHadNoPart() throws {
    let choices = try #require(nested().procedure)
    #expect(choices[0].setting == 0 && choices[0].score == 0.6)
    // For folds 1 and 2 setting 1 has the better mean, 0.85 to 0.75, and setting 0 lies within one error of it.
    #expect(choices[1].setting == 0 && choices[1].score == 0.9)
    let smaller = try #require(nested(sizes: [10, 5]).procedure)
    #expect(smaller.map(\.setting) == [0, 1, 1] && smaller.map(\.score) == [0.6, 0.8, 0.8])
  }

  @Test func ofSettingsThatCannotBeToldApartTheSmallestIsChosen() {
    let validation = NestedValidation(folds: 3, sizes: [30, 20, 10])
    // Differences to the best: 0.01 each time (no doubt), and 0.01 on average with an error of 0.015.
    #expect(validation.choice([[0.90, 0.80, 0.70], [0.89, 0.79, 0.69], [0.92, 0.78, 0.67]]) == 2)
    #expect(validation.choice([[0.90, 0.80, 0.70], [0.89, 0.79, 0.69], [0.80, 0.70, 0.60]]) == 0)
    #expect(validation.choice([[0.7, 0.7, 0.7], [0.7, 0.7, 0.7], [0.6, 0.6, 0.6]]) == 1)
  }

  @Test func nothingIsChosenWhileATrialIsMissing() {
    var nested = nested()
    #expect(nested.chosen != nil)
    nested.scores[.init(setting: 1, without: [1, 2])] = nil
    #expect(nested.chosen == nil && nested.procedure == nil)
  }

  @Test func settingsAreTheConfigurationAndDistinctNeighbours() throws {
    for id in ["icu-prognosis", "icu-diagnosis"] {
      let configuration = try Synthetic.configuration(id)
      let search = SettingSearch(configuration, count: 12, seed: 5)
      #expect(search.settings.count == 12 && search.settings.map(\.number) == Array(1...12))
      #expect(search.settings[0].networks == configuration.networks)
      for (place, setting) in search.settings.enumerated() {
        #expect(!search.settings[..<place].contains { $0.networks == setting.networks })
        // Every one is a configuration that can be trained.
        var changed = configuration
        changed.networks = setting.networks
        _ = try ExperimentConfiguration([UInt8](JSONEncoder().encode(changed)))
      }
      #expect(SettingSearch(configuration, count: 5, seed: 5).settings == Array(search.settings.prefix(5)))
      #expect(SettingSearch(configuration, count: 5, seed: 6).settings != Array(search.settings.prefix(5)))
    }
  }

  @Test func aTornJournalIsGoneOnWith() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/journal"
    let (one, two) = (
      NestedValidation.Trial(setting: 0, without: [0]), NestedValidation.Trial(setting: 1, without: [0, 2])
    )
    let journal = try TrialJournal(path: path, identity: "search 1")
    try journal.append(one, [0.1 + 0.2])
    try journal.append(two, [0.5, .ulpOfOne])
    #expect(try TrialJournal(path: path, identity: "search 1").scores == [one: [0.1 + 0.2], two: [0.5, .ulpOfOne]])
    // A kill at any byte of the last line leaves the trials before it.
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    let last = try #require(whole.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
    for end in last..<whole.count {
      try whole[..<end].write(to: URL(fileURLWithPath: path))
      let torn = try TrialJournal(path: path, identity: "search 1")
      #expect(torn.scores == [one: [0.1 + 0.2]])
      try torn.append(two, [0.5, .ulpOfOne])
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    }
    // A kill within the first line leaves nothing.
    try whole[..<5].write(to: URL(fileURLWithPath: path))
    #expect(try TrialJournal(path: path, identity: "search 1").scores.isEmpty)
    let error = #expect(throws: ExperimentError.self) { try TrialJournal(path: path, identity: "search 2") }
    #expect(error?.code == .foreignCheckpoint)
  }

  /// A search on made-up stays, from beginning to end.
  @Test func aSearchFindsWhatLearns() async throws {
    let experiment = try Synthetic.prognosis(seed: 1, jobs: 2, epochs: 3)
    let search = SettingSearch(experiment.configuration, count: 2, seed: 1)
    var nested = NestedValidation(folds: 3, sizes: search.settings.map(\.units))
    for trial in nested.trials {
      let scores = try await experiment.by(search.settings[trial.setting]).scores(trial, by: .auroc) { _ in }
      #expect(scores.count == trial.without.count)
      nested.scores[trial] = scores
    }
    let report = try #require(
      SearchReport(search, nested, experiment.configuration, stays: 120, score: .auroc))
    #expect(report.settings.count == 2 && report.trials.count == 12 && report.procedure.count == 3)
    #expect(report.settings.contains { $0.mean > 0.9 })
    #expect(report.text.hasPrefix("2 settings tried, 12 trainings on 120 stays in 3 folds"))
    #expect(SearchPage(report).html.contains("2 settings were tried by 12 trainings"))
    let (one, other) = (
      try experiment.identity(search, score: .auroc), try experiment.identity(search, score: .auprc)
    )
    #expect(one == (try experiment.identity(search, score: .auroc)) && one != other)
  }
}
