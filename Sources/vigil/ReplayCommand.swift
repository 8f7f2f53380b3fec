// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import FHIR
import Foundation
import Replay

/// `vigil replay`: many charts offline, or the trail against itself.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Assess many charts offline, or answer the trail's requests again.",
    discussion: """
      Example: vigil replay exports/ --output rows.ndjson
               zcat patients.ndjson.gz | vigil replay - --json
               vigil replay exports/ --at each-hour --output trajectories.parquet
               vigil replay --against var

      A PATH is a file (JSON, XML, NDJSON, gzipped or not), a folder or zip archive of them, or - for standard input. The NDJSON files of
      one folder are one export and are joined by patient. One row a patient, or a patient and hour, goes to --output (or standard output), a
      summary of what was used, what was left aside and why to standard error. A bad line or file never ends the run.

      Rows are ndjson (an object a patient and moment), csv or parquet (a line a finding; Parquet by DuckDB, which must be
      installed), or risk-assessment (a FHIR resource a finding), by --format or else by the end of the file's name.

      With --against every stored request is answered again and compared with what was said, bit for bit.

      Exit codes: 0 all read (and all equal), 1 a stored answer came out otherwise, 64 wrong usage, 65 something was refused,
      66 an input cannot be opened, 69 there is no DuckDB, 73 the trail cannot be read or the rows cannot be written, 78 the profiles cannot be read.
      """)

  @Argument(help: "Charts to assess.") var paths: [String] = []
  @Option(help: "File for the rows; standard output when absent.") var output: String?
  @Option(help: "Form of the rows: ndjson, csv, parquet or risk-assessment.") var format: TableFormat?
  @Option(
    help: "Moments of the assessments: last (each chart's last instant), each-hour (in intensive care), or RFC 3339.")
  var at = "last"
  @Option(help: "Folder of a trail to answer again.") var against: String?
  @Option(help: "Threads that read and assess.") var jobs = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Flag(help: "Print the summary as one JSON object.") var json = false

  func validate() throws {
    guard paths.isEmpty != (against == nil) else { throw ValidationError("name charts, or a trail with --against") }
    guard Replay.Moment(at) != nil else { throw ValidationError("--at takes last, each-hour or an instant") }
    guard rows != .parquet || output != nil else { throw ValidationError("Parquet needs a file, named by --output") }
    guard jobs > 0 else { throw ValidationError("--jobs must be positive") }
  }

  private var rows: TableFormat { format ?? TableFormat(path: output) }

  func run() throws {
    let assessor = try Assessor.loaded(from: profiles)
    if let against {
      try compare(with: against, assessor)
    } else {
      try replay(by: assessor)
    }
  }

  private func replay(by assessor: Assessor) throws {
    var inputs: [ChartInput] = []
    do throws(ReplayError) {
      for path in paths { inputs += try ChartInput.inputs(at: path) }
    } catch {
      throw Failure.noInput("\(error)").exit()
    }
    let parquet = rows == .parquet ? output.map(ParquetFile.init) : nil
    let file: FileHandle
    do throws(ReplayError) {
      file = try (parquet?.csv ?? output).flatMap { $0 == "-" ? nil : $0 }.map(FileHandle.emptied) ?? .standardOutput
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    let replay = Replay(assessor: assessor, moment: Replay.Moment(at) ?? .last, lanes: Lanes(jobs))
    let progress = Progress()
    var done = 0
    try file.write(contentsOf: Data(rows.header.utf8))
    let summary = try replay.run(inputs) { result in
      for row in result.rows { try file.write(contentsOf: Data(rows.lines(row))) }
      done += 1
      progress.report("inputs", done, of: inputs.count)
    }
    progress.finish()
    try parquet?.convert(columns: TableFormat.parquetColumns)
    report(summary)
    if let code = Failure.code(summary.refused) { throw code }
  }

  /// With rows on standard output the summary goes to standard error, as JSON where asked.
  private func report(_ summary: ReplaySummary) {
    let text = json ? String(decoding: summary.json.encoded(), as: UTF8.self) : SummaryText(summary).text
    if output != nil, json { print(text) } else { Failure.say(text) }
  }

  private func compare(with folder: String, _ assessor: Assessor) throws {
    let comparison: TrailComparison
    do throws(AuditError) {
      comparison = try TrailComparison(try AuditReader(directory: DataDirectory(path: folder)), assessor: assessor)
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    if json {
      print(String(decoding: comparison.json.encoded(), as: UTF8.self))
    } else {
      print("\(comparison.compared) stored answers given again, \(comparison.identical) the same bit for bit.")
      for difference in comparison.differences {
        print("record \(difference.sequence): \(difference.parts.map(\.rawValue).joined(separator: ", "))")
      }
    }
    if !comparison.differences.isEmpty { throw ExitCode(1) }
  }
}
