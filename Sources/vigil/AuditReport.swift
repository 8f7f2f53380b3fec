// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit report`: what the trail says about one question, signed.
struct AuditReport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a signed report of what the trail says about one question.",
    discussion: """
      Example: vigil audit report access --patient syn-septic --client ehr --output access.html
               vigil audit report recall --model icu-prognosis --version 2.0.1 --format csv --output recall.csv
               vigil audit report failures --since 2026-03-01T00:00:00Z --format ndjson --output march.ndjson
               vigil audit report minimum --since 2026-03-01T00:00:00Z --format csv --output minimum.csv
               vigil audit check-report access.html --key log.vkey

      access: everything that was done with a patient's records; disclosures: what went to whom; activity: what each person, client
      and address did; failures: what was refused; changes: configuration, models, keys, starts, stops, holds, erasures, amendments; gaps: when
      nothing was recorded; recall: every decision that depended on a model, what was shown and done, the patients and who read of
      them; minimum: by client, service, prefetch key and type of resource how many bytes came, and of how many no value was taken, for which
      what every answer was made of is opened; it tells sums of 11 patients and more, and is of no single one. Two of them whose criteria differ
      by few patients, or of before and after an erasure, tell the difference of these. A report is made at the newest
      checkpoint, which it names, and says which records were looked at; it names the rule it answers, in which version, and when it was made;
      the same criteria at the same checkpoint give the same rows. All records up to it are held against it, whatever the rows. Beside FILE
      stands FILE.note, in which the log's key signs the SHA-256 of the file. The report is itself a record, which has the criteria.

      Exit codes: 0 written, 64 wrong usage, 66 the trail knows no such patient, 73 the trail cannot be read or the file not written.
      """)

  @Argument(help: "The question (\(TrailReport.Kind.allCases.map(\.rawValue).joined(separator: ", "))).")
  var kind: TrailReport.Kind
  @OptionGroup var criteria: SearchArguments
  @Option(help: "How it is written (\(TrailReport.Format.allCases.map(\.rawValue).joined(separator: ", "))).")
  var format = TrailReport.Format.html
  @Option(help: "File to write; the signature stands in FILE.note.") var output: String
  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Who reads; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?

  func validate() throws {
    if kind == .access, criteria.patient == nil, criteria.pseudonym == nil {
      throw ValidationError("access is of one patient: name --patient or --pseudonym")
    }
    if kind == .recall, criteria.scope.model == nil { throw ValidationError("recall is of one model: name --model") }
    if kind == .minimum, criteria.patient != nil || criteria.pseudonym != nil {
      throw ValidationError("minimum is of many patients: name none")
    }
  }

  /// The criteria as they stand on record behind what was read. The patient is named by the record itself, until an erasure.
  private static func text(_ search: AuditReader.Search) -> String {
    var search = search
    search.filter.patient = nil
    return search.text.isEmpty ? "" : ": \(search.text)"
  }

  func run() async throws {
    let directory = DataDirectory(path: data)
    do {
      let search = try criteria.search(in: directory)
      let asked = Self.text(search)
      guard RecordedText.isText("report \(kind.rawValue), \(Int64.max) rows\(asked)") else {
        throw ValidationError("the criteria are too long to stand on record")
      }
      let reader = try AuditReader(directory: directory)
      let signer = try directory.loadCheckpointKey()
      let progress = Progress()
      // What is told about the rows stands before them, so they wait in a file of their own.
      let rows = try OutputFile(beside: output)
      let report = try reader.report(
        kind, search, log: try directory.loadLogKey(), at: Instant(Date())
      ) {
        progress.report("records", Int($0), of: Int($1))
      } emit: { row in
        try rows.write(format.row(row, of: kind))
      }
      progress.finish()
      // Not before: a patient who was hidden by an edited key stops the report and is not called unknown.
      try await ReadRecord.requireKnown(
        search.filter.patient, to: reader, "report \(kind.rawValue)", user: user, in: directory)
      let (file, note) = (try OutputFile(output), try OutputFile(output + ".note"))
      try await ReadRecord.append(
        "report \(kind.rawValue), \(report.rowCount) rows\(asked)", showing: report.patients,
        asked: search.filter.patient, user: user, in: directory)
      try file.write(report.start(format))
      try file.write(contentsOf: rows)
      try file.write(report.end(format))
      let digest = try file.finish()
      let signature = try FileSignature(of: digest, as: .report, at: report.checkpoint, by: signer)
      try note.write(Array(signature.note.description.utf8))
      _ = try note.finish()
      print("\(report.rowCount) rows, signed in \(output).note")
    } catch let error as AuditError {
      throw Failure.exit(error)
    }
  }
}

extension TrailReport.Kind: ExpressibleByArgument {}
extension TrailReport.Format: ExpressibleByArgument {}
