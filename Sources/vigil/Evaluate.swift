// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Features
import Foundation
import Training

/// `vigil evaluate`: what a model package says of a public data set, and how right it is.
struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score a model package on a public data set.",
    subcommands: [EvaluatePrognosis.self, EvaluateDiagnosis.self])
}

/// What every evaluation asks for.
struct EvaluateOptions: ParsableArguments {
  @Option(help: "Folder of the records.") var path: String
  @Option(help: "Folder of the model package (default: the shipped one).") var model: String?
  @Option(help: "Folder of feature profiles and model packages.") var profiles = "Profiles"
  @Option(help: "File to write the probabilities to, as CSV.") var predictions: String?
  @Option(help: "Threads.") var jobs = 2
  @Flag(help: "Print the scores as JSON.") var json = false

  mutating func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
  }

  func package(_ kind: ModelManifest.Kind) throws -> ModelPackage {
    if let model {
      let package = try ModelPackage.load(model)
      guard package.manifest.kind == kind else { throw ValidationError("\(model) is no \(kind.rawValue) package") }
      return package
    }
    guard let package = try ModelPackage.loadAll("\(profiles)/models").first(where: { $0.manifest.kind == kind }) else {
      throw ValidationError("no \(kind.rawValue) package under \(profiles)/models")
    }
    return package
  }

  /// Writes the predictions, a line each, and prints the scores.
  func report(_ scores: Scores, header: String, lines: [String]) throws {
    if let predictions {
      let text = ([header] + lines).joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: predictions))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let data = try encoder.encode(scores)
    if json { return print(String(decoding: data, as: UTF8.self)) }
    let values = try JSONDecoder().decode([String: Double].self, from: data)
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      let isCount = value == value.rounded() && abs(value) > 1
      print("\(name.padding(toLength: 22, withPad: " ", startingAt: 0)) \(isCount ? "\(Int(value))" : "\(value)")")
    }
  }
}

/// `vigil evaluate prognosis`.
struct EvaluatePrognosis: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prognosis", abstract: "On records of PhysioNet/CinC Challenge 2012; CSV columns id,probability.",
    discussion: """
      Example: vigil evaluate prognosis --path set-c --outcomes Outcomes-c.txt --json --predictions out.csv

      Exit codes: 0 scored, 1 the data or the package cannot be read, 64 wrong usage.
      """)
  @OptionGroup var options: EvaluateOptions
  @Option(help: "Outcome file (default: none, probabilities only).") var outcomes: String?
  @Option(help: "Hour of the stay at which the risk is asked for.") var hour = 48.0

  func validate() throws {
    guard (0...48).contains(hour) else { throw ValidationError("--hour is 0 to 48, the hours on record") }
  }

  func run() async throws {
    let progress = Progress()
    let package = try options.package(.prognosis)
    let reader = try PhysioNet2012(records: options.path, outcomes: outcomes, profile: package.profile)
    let hour = hour
    let stays = try await reader.map(
      jobs: options.jobs, progress: { progress.report("evaluating", $0, of: $1) },
      { stay in
        (
          id: stay.id, probability: package.probabilities(stay.timeline, atHours: [hour])[0],
          died: stay.outcome.hospital?.died
        )
      })
    progress.finish()
    let known = stays.compactMap { stay in stay.died.map { (stay.probability, $0) } }
    let probabilities = known.map(\.0)
    let threshold = package.primary.outcome.alarm
    let scores = Scores(
      probabilities: probabilities, labels: known.map(\.1), alarms: probabilities.map { $0 >= threshold },
      stays: probabilities.indices.map { $0..<$0 + 1 }, threshold: threshold, isHourly: false, hasUtility: false)
    try options.report(
      scores, header: "id,probability", lines: stays.map { "\($0.id),\($0.probability)" })
  }
}

/// `vigil evaluate diagnosis`.
struct EvaluateDiagnosis: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnosis",
    abstract: "On records of PhysioNet/CinC Challenge 2019; CSV columns id,hour,probability.",
    discussion: """
      Example: vigil evaluate diagnosis --path training_setB --json --predictions out.csv

      Every hour of every stay is scored. Exit codes: 0 scored, 1 the data or the package cannot be read, 64 wrong usage.
      """)
  @OptionGroup var options: EvaluateOptions

  func run() async throws {
    let progress = Progress()
    let package = try options.package(.diagnosis)
    let reader = try PhysioNet2019(directory: options.path, profile: package.profile)
    let stays = try await reader.map(
      jobs: options.jobs, progress: { progress.report("evaluating", $0, of: $1) },
      { stay in
        (
          id: stay.id, outcome: stay.outcome,
          probabilities: package.probabilities(stay.timeline, atHours: stay.outcome.hours)
        )
      })
    progress.finish()
    var (probabilities, labels, ranges) = ([Double](), [Bool](), [Range<Int>]())
    for stay in stays {
      guard let sepsis = stay.outcome.sepsis else { continue }
      ranges.append(labels.count..<labels.count + sepsis.count)
      probabilities += stay.probabilities
      labels += sepsis
    }
    let threshold = package.primary.outcome.alarm
    let scores = Scores(
      probabilities: probabilities, labels: labels, alarms: probabilities.map { $0 >= threshold }, stays: ranges,
      threshold: threshold, isHourly: true, hasUtility: true)
    let lines = stays.flatMap { stay in
      zip(stay.outcome.hours, stay.probabilities).map { hour, probability in
        "\(stay.id),\(hour == hour.rounded() && abs(hour) < 1e9 ? "\(Int(hour))" : "\(hour)"),\(probability)"
      }
    }
    try options.report(scores, header: "id,hour,probability", lines: lines)
  }
}
