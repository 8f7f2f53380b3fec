// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Features
import Foundation
import Training

/// `vigil import`: a public data set as FHIR.
struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a public data set as FHIR R4 resources, one a line.",
    discussion: """
      Example: vigil import physionet2012 set-a --outcomes Outcomes-a.txt --output a/set-a.ndjson --labels a/labels.csv
               vigil import physionet2019 training_setA --output - | vigil replay - --output rows.ndjson

      Each stay becomes a Patient, an Encounter with a coded intensive care location, and Observations with LOINC and UCUM
      codes; values are cleaned and converted as the training does it. Ids and times depend on the record alone, and the
      features of the result are those of the record, bit for bit. Stays follow each other, so that any of them can be read
      by itself. With --labels what became of the patients is written as a hospital would write it: the folder of both files
      can be trained on, fine-tuned on and evaluated.

      Exit codes: 0 written, 1 the data or the terminology cannot be read, 64 wrong usage, 73 the output cannot be written.
      """)

  /// The data sets that can be written.
  enum DataSet: String, ExpressibleByArgument, CaseIterable {
    case physionet2012, physionet2019

    /// The profile that has all of its variables.
    var profile: String { self == .physionet2012 ? "icu-prognosis" : "icu-diagnosis" }
  }

  @Argument(help: "Data set: physionet2012 or physionet2019.") var dataSet: DataSet
  @Argument(help: "Folder of the records.") var path: String
  @Option(help: "File for the resources; - for standard output.") var output: String
  @Option(help: "File for what became of the patients, labels.csv.") var labels: String?
  @Option(help: "Outcome file of Challenge 2012, for --labels.") var outcomes: String?
  @Option(help: "Folder of feature profiles and terminology.") var profiles = "Profiles"
  @Option(help: "Threads.") var jobs = 2

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
  }

  func run() async throws {
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(profiles)/features/\(dataSet.profile).json"))
    let profile = try JSONDecoder().decode(FeatureProfile.self, from: text)
    let export = try FHIRExport(profile: profile, dataSet: dataSet.rawValue, terminology: "\(profiles)/terminology")
    let reader: any StayReader =
      switch dataSet {
      case .physionet2012: try PhysioNet2012(records: path, outcomes: outcomes, profile: profile)
      case .physionet2019: try PhysioNet2019(directory: path, profile: profile)
      }
    let file = try handle()
    let progress = Progress()
    var rows = [StayLabel.header]
    try await reader.forEach(jobs: jobs, progress: { progress.report("writing", $0, of: $1) }) { stay in
      (export.resources(of: stay).flatMap { $0.encoded() + [UInt8(ascii: "\n")] }, export.label(of: stay))
    } take: { lines, label in
      try file.write(contentsOf: Data(lines))
      rows.append(label)
    }
    progress.finish()
    guard let labels else { return }
    do { try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: labels)) } catch {
      throw Failure.trail("\(labels): cannot be written").exit()
    }
  }

  private func handle() throws -> FileHandle {
    guard output != "-" else { return .standardOutput }
    if !FileManager.default.fileExists(atPath: output) {
      _ = FileManager.default.createFile(atPath: output, contents: nil)
    }
    guard let file = FileHandle(forWritingAtPath: output) else {
      throw Failure.trail("\(output): cannot be written").exit()
    }
    try? file.truncate(atOffset: 0)
    return file
  }
}
