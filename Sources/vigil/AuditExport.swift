// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import Deidentification
import FHIR
import Foundation
import Replay

/// `vigil audit export`: decisions for people who must not know the patients, records as FHIR, and records with their proofs.
struct AuditExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write decisions in which nobody is named, records as AuditEvents or Provenances, or with their proofs.",
    discussion: """
      Example: vigil audit export --deidentify --purpose drift-study --output decisions.ndjson
               vigil audit export --deidentify --purpose drift-study --model icu-prognosis --version 2.0.1 --since \
      2026-03-01T00:00:00Z --output march.ndjson
               vigil audit check-deidentified decisions.ndjson
               vigil audit export --format auditevent --since 2026-03-01T00:00:00Z --output march.ndjson
               vigil audit export --format auditevent --fhir-version R5 --output events.ndjson
               vigil audit export --format evidence --since 2026-03-01T00:00:00Z --until 2026-04-01T00:00:00Z --output march
               vigil audit check-export march --key log.vkey

      With --deidentify one CDS Hooks request a line, oldest first, with everything that was fetched for it; what the models say of it stands in its
      extension. Of the 18 kinds of identifiers of 45 CFR 164.514(b)(2) none is left: elements that the models do not need are
      dropped, identifiers are renamed by a key of the purpose, all dates of a patient move by one number of days, an age over 89 is
      90. Values, units, known codes and intervals stay, and each line is tried: the report, printed at the end, names every record of
      which the models say something else, with what differs. The models are those of the versions that each record names; a record
      whose versions are not among the packages is left out, and the report names them. Two exports for one purpose can be joined, those for two cannot.
      With --format auditevent each record is an AuditEvent in the shape of IHE BALP, with provenance each decision and amendment a Provenance, a line each; patients
      stand there as the tokens of their records. With --format evidence OUTPUT is a folder for an examiner outside: the records with the paths to a
      checkpoint, the log's keys, a page of each decision without what names the patient, a list to print, and the log's signature under all of it.
      It opens and is checked without the service (vigil audit check-export, docs/verify/check_export.py). With --unmasked the lines hold what
      the answers were made of as well, of whom another person allowed it (vigil audit unmask, of each record); the leaves commit to it. A folder that was cut
      short has another name (.part.UUID). The export is itself on record, once for each patient whom it shows, before anything is written.

      Exit codes: 0 written, 64 wrong usage, 66 the trail knows no such patient, 73 the trail cannot be read, nobody else
      allowed it to be unmasked, the folder is there already or the output cannot be written, 78 the profiles cannot be read.
      """)

  @OptionGroup var criteria: SearchArguments
  @Flag(help: "Requests in which nobody is named.") var deidentify = false
  @Option(
    help: "What a de-identified export is for; a name of the site's choice, which the names in it depend on.",
    transform: RecordedText.name)
  var purpose: String?
  @Option(help: "Records as FHIR, or with their proofs (\(Format.allCases.map(\.rawValue).joined(separator: ", "))).")
  var format: Format?
  @Option(
    help: "Release of FHIR of AuditEvents (\(AuditEventRelease.allCases.map(\.rawValue).joined(separator: ", "))).")
  var fhirVersion = AuditEventRelease.r4
  @Flag(help: "As evidence with what the answers were made of, which another person approved (vigil audit unmask).")
  var unmasked = false
  @Option(help: "File to write; for evidence the folder to make.") var output: String
  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"
  @Option(help: "Who exports; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?

  func validate() throws {
    guard deidentify == (format == nil) else { throw ValidationError("say either --deidentify or --format") }
    guard format == .auditevent || fhirVersion == .r4 else {
      throw ValidationError("--fhir-version is of --format auditevent")
    }
    guard format == .evidence || !unmasked else { throw ValidationError("--unmasked is of --format evidence") }
    guard deidentify == (purpose != nil) else {
      throw ValidationError("--deidentify asks for a --purpose, and nothing else does")
    }
  }

  /// A form in which records are written.
  enum Format: String, CaseIterable, ExpressibleByArgument { case auditevent, provenance, evidence }

  /// The kinds of records that are given out; nil for all.
  private var kinds: [AuditEntry.Kind?] {
    switch format {
    case .auditevent, .evidence: [nil]
    case .provenance: [.answer, .amendment]
    case nil: [.answer]
    }
  }

  func run() async throws {
    let directory = DataDirectory(path: data)
    do {
      let reader = try AuditReader(directory: directory)
      var search = try criteria.search(in: directory)
      if format == .evidence { return try await writeEvidence(search, of: reader, in: directory) }
      let asked = format.map { "export \($0.rawValue)" } ?? "export deidentified for \(purpose ?? "")"
      try await ReadRecord.requireKnown(search.filter.patient, to: reader, asked, user: user, in: directory)
      var found: [AuditRecord] = []
      for kind in kinds {
        search.filter.kind = kind
        found += try reader.find(search, limit: .max)
      }
      found.sort { $0.sequence < $1.sequence }
      if let format {
        // Before anything is on record, so that each try of a file that cannot be written makes no record of each patient.
        let log = try directory.loadLogKey().name
        let file = try OutputFile(output)
        try await ReadRecord.append(
          "\(asked), \(found.count) records", showing: ShownPatients(found),
          asked: search.filter.patient, user: user, in: directory)
        try write(found, as: format, log: log, to: file)
      } else {
        // Read first, so that a folder that is none is said before anything is on record.
        _ = try Assessor.loaded(from: profiles)
        let key = DeidentificationKey(bytes: try directory.loadPseudonymKey().secret(for: purpose ?? ""))
        let head = try reader.head()
        // Which records can be given out is known when all were tried: until then the lines are nobody's to read.
        let lines = try OutputFile(beside: output)
        let report = try write(found.map(\.sequence), of: reader, key, to: lines)
        let file = try OutputFile(output)
        try await ReadRecord.append(
          "\(asked), \(report.exported) records", showing: report.patients,
          asked: search.filter.patient, outcome: AuditEntry.deidentified, user: user, in: directory)
        try file.write(contentsOf: lines)
        _ = try file.finish()
        print(report.json(purpose: purpose ?? "", head: head).text(pretty: true), terminator: "")
      }
    } catch let error as AuditError {
      throw Failure.exit(error)
    }
  }

  private func write(_ records: [AuditRecord], as format: Format, log: String, to file: OutputFile) throws {
    for record in records {
      let line = format == .auditevent ? fhirVersion.event(record.auditEvent(log: log)) : record.provenance(log: log)
      guard let line else { continue }
      try file.write(line.encoded() + [UInt8(ascii: "\n")])
    }
    _ = try file.finish()
    print("\(records.count) lines")
  }

  private func write(
    _ sequences: [Int64], of reader: AuditReader, _ key: DeidentificationKey, to file: OutputFile
  ) throws -> DeidentifiedExport.Report {
    let progress = Progress()
    var done = 0
    let shelf = ModelShelf(profiles)
    let report = try DeidentifiedExport.run(
      sequences, of: reader,
      by: { models in shelf.exact(models.versions).map { DeidentifiedExport(key, assessor: $0) } }
    ) { line in
      try file.write(line.encoded() + [UInt8(ascii: "\n")])
      done += 1
      progress.report("records", done, of: sequences.count)
    }
    progress.finish()
    return report
  }
}

extension AuditEventRelease: ExpressibleByArgument {}
