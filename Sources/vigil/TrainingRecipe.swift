// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Training

/// A configuration with the files it names, as the commands of the model owner take it.
struct TrainingRecipe {
  private(set) var configuration: ExperimentConfiguration
  /// The configuration as it is used: the file's bytes, or written anew where an option changed it.
  private(set) var json: [UInt8]
  let profile: FeatureProfile
  let profilePath: String
  private let terminology: String
  /// What the model owner says on the card.
  let card: ModelCard.Text
  /// Path of the recommendations, if they lie in their place.
  let planPath: String?

  /// Reads a configuration by path or by the name of a shipped one.
  ///
  /// - Throws: the exit code 78, having said why, when it cannot be used.
  init(_ name: String, profiles: String, seed: UInt64?, members: Int?) throws {
    let shipped = ["prognosis": "icu-prognosis", "diagnosis": "icu-diagnosis"][name]
    let path = shipped.map { "\(profiles)/training/\($0).json" } ?? name
    do {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw ExperimentError(.unreadable, detail: path)
      }
      var configuration = try ExperimentConfiguration([UInt8](data))
      // From random weights it would make another package under the same name.
      guard configuration.parent == nil else {
        throw ExperimentError(.unreadable, detail: "a fine-tuned package's: see vigil finetune")
      }
      if let seed { configuration.seed = seed }
      if let members {
        for index in configuration.networks.indices { configuration.networks[index].members = members }
      }
      terminology = "\(profiles)/terminology"
      json = seed == nil && members == nil ? [UInt8](data) : try Self.encoded(configuration)
      self.configuration = configuration
      profilePath = "\(profiles)/features/\(configuration.profile).json"
      guard let text = FileManager.default.contents(atPath: profilePath) else {
        throw ExperimentError(.unreadable, detail: profilePath)
      }
      profile = try JSONDecoder().decode(FeatureProfile.self, from: text)
      let cardPath = "\(profiles)/cards/\(configuration.model.id).json"
      guard let words = FileManager.default.contents(atPath: cardPath) else {
        throw ExperimentError(.unreadable, detail: cardPath)
      }
      card = try JSONDecoder().decode(ModelCard.Text.self, from: words)
      try card.check()
      let plan = "\(profiles)/recommendations/\(configuration.recommendations).json"
      planPath = FileManager.default.fileExists(atPath: plan) ? plan : nil
    } catch {
      throw Failure.configuration("\(path): \(error)").exit()
    }
  }

  /// Changes how often is trained while settings are compared: so many folds, so many networks of each kind.
  mutating func search(folds: Int, members: Int) throws {
    configuration.validation.folds = folds
    for index in configuration.networks.indices { configuration.networks[index].members = members }
    json = try Self.encoded(configuration)
  }

  private static func encoded(_ configuration: ExperimentConfiguration) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(configuration))
  }

  /// Leaves out the data sets that are not below the folders, and the heads that only they can teach.
  ///
  /// - Returns: what was left out, in words; nil when nothing was.
  /// - Throws: the exit code 66, having said why, when the first outcome cannot be learned from what is there.
  mutating func leaveOut(absentFrom folders: [String]) throws -> String? {
    let absent = try configuration.dataSets.filter {
      try DataSets.reader($0.reader, in: folders, profile: profile, terminology: terminology) == nil
    }
    guard !absent.isEmpty else { return nil }
    let titles = absent.map { "\($0.title) (\($0.reader))" }.joined(separator: ", ")
    guard let narrowed = configuration.without(dataSets: Set(absent.map(\.reader))) else {
      throw Failure.noInput("no records of \(titles) below --data").exit()
    }
    let lost = configuration.model.outcomes.map(\.head).filter { narrowed.head($0) == nil }
    configuration = narrowed
    json = try Self.encoded(narrowed)
    return "trained without \(titles)" + (lost.isEmpty ? "" : ", and so without \(lost.joined(separator: ", "))")
  }

  /// Reads the data sets of the configuration from below the folders.
  ///
  /// - Throws: the exit code 66, having said why, when one of them is not there.
  func experiment(data folders: [String], jobs: Int, progress: Progress) async throws -> Experiment {
    var table = StayTable(configuration, profile: profile)
    for dataSet in configuration.dataSets {
      let found = try DataSets.reader(dataSet.reader, in: folders, profile: profile, terminology: terminology)
      guard let reader = found else {
        throw Failure.noInput("no records of \(dataSet.title) (\(dataSet.reader)) below --data").exit()
      }
      let before = table.records.count
      let leftOut = try await table.read(reader, dataSet: dataSet, jobs: jobs) { done, count in
        progress.report("reading \(dataSet.reader)", share: Double(done) / Double(max(count, 1)))
      }
      reader.report(stays: table.records.count - before, leftOut: leftOut)
    }
    var experiment = try Experiment(configuration, profile: profile, table: table)
    experiment.jobs = jobs
    return experiment
  }
}
