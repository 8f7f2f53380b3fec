// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import FHIR
import Foundation
import Judgement
import Replay
import Training

/// `vigil replay`: many charts offline, or the trail against itself.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Assess many charts offline, or answer the trail's requests again.",
    discussion: """
      Example: vigil replay exports/ --output rows.ndjson
               zcat patients.ndjson.gz | vigil replay - --json
               vigil replay exports/ --at each-hour --output trajectories.parquet
               vigil replay exports/ --at 2019-03-01T06:00:00Z --at 2019-03-01T12:00:00Z --provenance --output rows.ndjson
               vigil replay exports/ --at each-hour --labels fhir --report report.html
               vigil replay exports/ --model icu-prognosis/2.0.0 --shadow icu-prognosis/2.0.1 --report pair.html
               vigil replay --against var
               vigil replay --against var --model icu-prognosis/2.0.1 --shadow trials/icu-prognosis/2.1.0 --report trial.html

      A PATH is a file (JSON, XML, NDJSON, gzipped or not), a folder or zip archive of them, or - for standard input. The NDJSON files of
      one folder are one export and are joined by patient. One row a patient, or a patient and hour, goes to --output (or standard output), a
      summary of what was used, what was left aside and why to standard error. A bad line or file never ends the run.

      Rows are ndjson (an object a patient and moment), csv or parquet (a line a finding; Parquet by DuckDB, which must be
      installed), or risk-assessment (a FHIR resource a finding), by --format or else by the end of the file's name. With --provenance
      a row of ndjson says of each model what it was given: every feature with the values it was made of, each as it was sent and as it
      was used, what is missing, stale or ignored, and why; a risk-assessment names those resources as its basis.

      --at may name several instants: every patient is assessed at each of them, in order of time; one named twice counts once.

      With --report a page of HTML says what was read, and with --labels how right it was: the labels are a CSV file with the
      columns patient, perhaps time, and one an outcome (1, 0 or empty), or `fhir`, what the charts themselves say came later
      (docs/labels.md). With --model and --shadow it compares two models or versions on the same patients.

      A run that is interrupted, by Ctrl-C or by force, goes on with --resume and the same options, and gives the same bytes.

      With --against every stored request is answered again and compared with what was said, bit for bit; with --report its chart is
      shown to --model and --shadow, each at the moment of the request: the silent trial of a version. The page names patients by the
      trail's pseudonyms. Either reading is on record.

      Exit codes: 0 all read (and all equal), 1 a stored answer came out otherwise or the labels cannot be read, 64 wrong usage,
      65 something was refused, 66 an input cannot be opened, 69 there is no DuckDB, 73 the trail cannot be read or a file cannot
      be written, 78 the profiles cannot be read.
      """)

  @Argument(help: "Charts to assess.") var paths: [String] = []
  @Option(help: "File for the rows; standard output when absent, no rows where a report is asked for.") var output:
    String?
  @Option(help: "Form of the rows: ndjson, csv, parquet or risk-assessment.") var format: TableFormat?
  @Option(
    help: """
      Moments of the assessments: last (each chart's last instant), each-hour (in intensive care), or an RFC 3339 instant, which
      may be given several times.
      """)
  var at = ["last"]
  @Flag(help: "Say in each row what every model was given and where it came from (ndjson, risk-assessment).")
  var provenance = false
  @Option(help: "Folder of a trail to answer again.") var against: String?
  @Option(help: "Who reads the trail; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?
  @Option(help: "Only this model: its id, id/version, or the folder of a package.") var model: String?
  @Option(help: "A second model or version beside --model: both on the same patients.") var shadow: String?
  @OptionGroup var judging: JudgementOptions
  @Flag(help: "Go on with a run that was interrupted, with the same options.") var resume = false
  @Option(help: "Threads that read and assess.") var jobs = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Flag(help: "Print the summary as one JSON object.") var json = false

  func validate() throws {
    guard paths.isEmpty != (against == nil) else { throw ValidationError("name charts, or a trail with --against") }
    guard Replay.Moment(at) != nil else {
      throw ValidationError("--at takes last or each-hour alone, or instants (RFC 3339 with a zone)")
    }
    guard rows != .parquet || output != nil else { throw ValidationError("Parquet needs a file, named by --output") }
    guard !provenance || rows.hasProvenance else {
      throw ValidationError("--provenance needs rows that have room for it: --format ndjson or risk-assessment")
    }
    guard !provenance || against == nil && (output != nil || judging.report == nil) else {
      throw ValidationError("--provenance is of rows, and none are written here: name a file with --output")
    }
    guard jobs > 0 else { throw ValidationError("--jobs must be positive") }
    guard against == nil || output == nil && !resume && at == ["last"] else {
      throw ValidationError("--against has moments of its own and takes none of --at, --output, --resume")
    }
    guard user == nil || against != nil else { throw ValidationError("--user is who reads a trail, for --against") }
    guard against == nil || shadow == nil || judging.report != nil else {
      throw ValidationError("--against with --shadow needs a --report for what is compared")
    }
    guard !judging.overwrites(paths, output: output == "-" ? nil : output) else {
      throw ValidationError("a file that is written is one that is read, or is written twice")
    }
    guard judging.policy.isEmpty || at == ["each-hour"] else { throw ValidationError("--policy needs --at each-hour") }
    guard !resume || resumable(output ?? judging.report) != nil else {
      throw ValidationError("--resume needs the --output or --report of the interrupted run, and no standard input")
    }
    guard shadow == nil || model != nil else { throw ValidationError("--shadow needs a --model to stand beside") }
  }

  private var rows: TableFormat { format ?? TableFormat(path: output) }

  func run() async throws {
    if let against, judging.report == nil {
      return try await compare(with: against, try ReplayModels.service(of: model, profiles: profiles))
    }
    let models = try ReplayModels([model, shadow].compactMap(\.self), profiles: profiles)
    guard shadow == nil || models.isPair else {
      throw ValidationError("--model and --shadow have no outcome in common: there is nothing to compare")
    }
    if let against { try await judge(trail: against, by: models) } else { try await replay(by: models) }
  }

  private func replay(by models: ReplayModels) async throws {
    var inputs: [ChartInput] = []
    do throws(ReplayError) {
      for path in paths { inputs += try ChartInput.inputs(at: path) }
    } catch {
      throw Failure.noInput("\(error)").exit()
    }
    let place = resumable(output ?? judging.report)
    let fingerprint = ReplayCheckpoint.fingerprint(
      models.assessor, inputs, labels: judging.labels.map { [$0] } ?? [],
      options: [
        at.joined(separator: " "), rows.rawValue, provenance ? "provenance" : "", output ?? "", judging.report ?? "",
      ])
    let earlier = resume ? try ReplayCheckpoint(at: place, fingerprint: fingerprint) : nil
    let judge = try judging.judge(models, from: earlier)
    let parquet = rows == .parquet ? output.map(ParquetFile.init) : nil
    // With a report alone rows are not asked for.
    let file: FileHandle? =
      output == nil && judge != nil
      ? nil : try ReplayCheckpoint.file(parquet?.csv ?? output.flatMap { $0 == "-" ? nil : $0 }, from: earlier?.rows)
    if earlier == nil { try file?.write(contentsOf: Data(rows.header.utf8)) }
    let replay = Replay(assessor: models.assessor, moment: Replay.Moment(at) ?? .last, lanes: Lanes(jobs))
    let keeper = try ReplayCheckpoint.Keeper(
      earlier ?? ReplayCheckpoint(fingerprint: fingerprint), at: place, rows: file, judge: judge)
    let progress = ReplayProgress(inputs, from: keeper.checkpoint)
    let form = rows
    let isWritten = file != nil
    let given = provenance ? models.assessor : nil
    let aside = WaitingLines(in: FileManager.default.temporaryDirectory.path)
    try replay.run(inputs, from: keeper.checkpoint.position, read: progress.read) { chart, rows in
      // Lines are made by the threads that assess: one alone writes them.
      var lines: [WaitingLines.Line] = []
      if given != nil {
        lines = rows.map { aside.put(form.lines($0, provenanceBy: given)) }
      } else if isWritten {
        lines = [.bytes(rows.flatMap { form.lines($0, provenanceBy: nil) })]
      }
      return (lines, judge?.keep(chart, rows))
    } emit: { (result, kept, position) throws(any Error) in
      for (lines, evidence) in kept {
        for line in lines { try file?.write(contentsOf: Data(try line.read())) }
        if let evidence { try judge?.take(evidence) }
      }
      try keeper.add(result.summary, upTo: position)
      progress.report(keeper.checkpoint)
    }
    progress.finish()
    let summary = keeper.checkpoint.summary
    report(summary)
    try await judge?.finish(
      summary, input: paths.joined(separator: ", "), moments: at.joined(separator: ", "),
      isHourly: replay.moment == .eachHour, jobs: jobs)
    try keeper.finish()
    try parquet?.convert(columns: TableFormat.parquetColumns)
    if let code = Failure.code(summary.refused) { throw code }
  }

  /// Where an interrupted run leaves how far it came; nil where it cannot go on.
  private func resumable(_ path: String?) -> String? {
    guard let path, path != "-", !path.hasPrefix("/dev/"), !paths.contains("-") else { return nil }
    return "\(path).resume"
  }

  /// With rows on standard output the summary goes to standard error, as JSON where asked.
  private func report(_ summary: ReplaySummary) {
    let text = json ? String(decoding: summary.json.encoded(), as: UTF8.self) : SummaryText(summary).text
    if output != nil, json { print(text) } else { Failure.say(text) }
  }

  /// What other models say of the requests that a trail holds, on a page: their silent trial.
  private func judge(trail folder: String, by models: ReplayModels) async throws {
    let services = try Assessor.loaded(from: profiles).services
    let directory = DataDirectory(path: folder)
    var summary = ReplaySummary()
    var judge: ReplayJudge?
    do {
      let trail = try AuditReader(directory: directory)
      guard let found = try judging.judge(models, from: nil) else { return }
      judge = found
      let note = "replay of all stored requests, with a report"
      try await ReadRecord.append(note, user: user, in: directory)
      try Replay(assessor: models.assessor, lanes: Lanes(jobs)).run(trail, in: services) { chart, rows in
        found.keep(chart, rows)
      } emit: { said, kept in
        summary.add(said)
        if let kept { try found.take(kept) }
      }
    } catch let error as AuditError {
      judge?.abandon()
      throw Failure.trail("\(error)").exit()
    }
    report(summary)
    try await judge?.finish(
      summary, input: "the trail \(folder)", moments: "when they were answered", isHourly: false, isOfCalls: true,
      jobs: jobs)
    if let code = Failure.code(summary.refused) { throw code }
  }

  private func compare(with folder: String, _ assessor: Assessor) async throws {
    let directory = DataDirectory(path: folder)
    let comparison: TrailComparison
    do throws(AuditError) {
      let trail = try AuditReader(directory: directory)
      try await ReadRecord.append("replay of all stored requests", user: user, in: directory)
      comparison = try TrailComparison(trail, assessor: assessor)
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    if json {
      print(String(decoding: comparison.json.encoded(), as: UTF8.self))
    } else {
      print("\(comparison.compared) stored answers given again, \(comparison.identical) the same bit for bit.")
      if comparison.erased > 0 { print("\(comparison.erased) were erased, and nobody can give them again.") }
      for difference in comparison.differences {
        print("record \(difference.sequence): \(difference.parts.map(\.rawValue).joined(separator: ", "))")
      }
    }
    if !comparison.differences.isEmpty { throw ExitCode(1) }
  }
}
