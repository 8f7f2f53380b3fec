// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import FHIR
import Features
import Foundation
import Replay

/// `vigil features`: what the networks see of a chart, where each number comes from, and what was not used and why; or of many
/// charts as a matrix.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features", abstract: "Print each feature of charts with the values it came from.",
    discussion: """
      Example: vigil features FixturesFHIR/septic-deterioration.json
               vigil features chart.xml --at 2026-03-03T07:30:00Z --model icu-prognosis --json
               vigil features exports/ --model icu-prognosis --at each-hour --output matrix.npz

      A FILE is a FHIR Bundle or resource in JSON or XML, NDJSON, a folder or zip archive of them, or a CDS Hooks request; - is
      standard input. Without --at each chart is read at its own last instant, which is printed. Of a feature made of many
      values the newest three are shown; --json has them all.

      With --output the features of one model are written as a matrix, a row a patient and moment: .csv, .npz (numpy.load) or
      .parquet (by DuckDB, which must be installed), and beside it a dictionary of the columns with what is missing.

      Exit codes: 0 printed or written, 64 wrong usage, 65 an input was refused, 66 an input cannot be opened, 69 there is no
      DuckDB, 73 a file cannot be written, 78 the profiles cannot be read.
      """)

  @Argument(help: "Charts to read.") var files: [String]
  @Option(
    help: """
      Moments: last (each chart's last instant), each-hour (in intensive care), or an RFC 3339 instant, which may be given several
      times.
      """)
  var at = ["last"]
  @Option(help: "Only this model's features.") var model: String?
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Option(help: "File for the matrix: .csv, .npz or .parquet.") var output: String?
  @Flag(help: "Print one JSON object a chart and model.") var json = false

  func validate() throws {
    guard Replay.Moment(at) != nil else {
      throw ValidationError("--at takes last or each-hour alone, or instants (RFC 3339 with a zone)")
    }
    guard let output else { return }
    guard FeatureMatrix.extensions.contains(URL(fileURLWithPath: output).pathExtension) else {
      throw ValidationError("--output ends with .csv, .npz or .parquet")
    }
    guard model != nil else { throw ValidationError("a matrix is of one --model") }
  }

  func run() throws {
    let assessor = try Assessor.loaded(from: profiles)
    let packages = assessor.packages.filter { model == nil || $0.manifest.id == model }
    guard !packages.isEmpty else {
      let known = assessor.packages.map(\.manifest.id).joined(separator: ", ")
      throw ValidationError("no model \(model ?? ""); there is \(known)")
    }
    let moment = Replay.Moment(at) ?? .last
    if let output, let profile = packages.first?.profile {
      try write(profile, assessor.terminology, at: moment, to: output)
      return
    }
    try ChartReading.each(of: files) { input, reading in
      for chart in reading.charts {
        let instants = moment.instants(of: chart, assessor.terminology)
        if instants.isEmpty { Failure.warn("\(input.name): the chart tells of no such moment; name one with --at") }
        for instant in instants {
          for package in packages {
            let report = FeatureReport(
              input: input.name, model: package.manifest.id, chart: chart, profile: package.profile, at: instant,
              terminology: assessor.terminology)
            print(json ? String(decoding: report.json.encoded(), as: UTF8.self) : report.text)
          }
        }
      }
    }
  }

  /// Writes the matrix of all charts.
  private func write(
    _ profile: FeatureProfile, _ terminology: Terminology, at moment: Replay.Moment, to path: String
  ) throws {
    do {
      var matrix = try FeatureMatrix(path: path, profile: profile)
      var refused: ExitCode?
      do throws(any Error) {
        try ChartReading.each(of: files) { reading, lanes in
          MatrixRow.rows(of: reading, profile, at: moment, terminology: terminology, lanes)
        } _: { _, _, rows in
          try matrix.append(rows)
        }
      } catch let code as ExitCode {
        // What could be read is written all the same.
        refused = code
      }
      Failure.say(try matrix.finish())
      if let refused { throw refused }
    } catch let error as ReplayError {
      throw Failure.trail("\(error)").exit()
    }
  }
}
