// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit show`: one record whole.
struct AuditShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a record of the trail with everything it holds.",
    discussion: """
      Example: vigil audit show 17
               vigil audit show 2e4e5a5f-0e72-519b-9af6-e4f334a6d9c6 --json
               vigil audit show 17 --html 17.html

      --html writes one page to read and print: the call, the amendments, the findings and the feedback on them, the cards as sent, what each model
      said and why, by which calibration and thresholds, every input with its source, what was missing, stale or left aside. No model
      is called for it. Records of before calibration and thresholds were kept have what the packages of the very digests say, where
      --profiles has them (packageThresholds).

      What was sent and fetched, links and the ids of resources name the patient, and the text of an amendment (vigil audit amend) may: they are
      shown with --unmasked alone, to whom another person allowed it (vigil audit unmask).

      The record is checked against itself before it is shown, and the reading is a record. Exit codes: 0 shown, 64 wrong usage, 66 there is no such record,
      73 the trail cannot be read, the record is damaged, nobody else allowed it to be unmasked, or the page not written.
      """)

  @Argument(help: "Number of a record, or the hook instance of a call (its newest record).") var id: String
  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Who reads; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?
  @Flag(help: "Print JSON on one line; without it it is laid out.") var json = false
  @Flag(help: "Show what names the patient as well, which another person approved (vigil audit unmask).")
  var unmasked = false
  @Option(help: "Write a page to read and print instead.") var html: String?
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"

  func run() async throws {
    let record: AuditRecord
    let amendments: [AuditRecord]
    do throws(AuditError) {
      record = try find()
      amendments = try AuditReader(directory: DataDirectory(path: data)).amendments(of: record)
      var note = "show \(record.sequence)"
      if unmasked {
        let approval = try AuditReader(directory: DataDirectory(path: data)).unmasking(
          of: record.sequence, for: user ?? NSUserName(), at: Instant(Date()))
        guard let approval else { throw AuditError(.notApproved, sequence: record.sequence) }
        note += " unmasked, approved by record \(approval.sequence)"
      }
      try await ReadRecord.append(note, showing: ShownPatients([record]), user: user, in: DataDirectory(path: data))
    } catch {
      throw Failure.exit(error)
    }
    let thresholds = ModelShelf(profiles).thresholds(of: record.entry)
    if let html { return try write(record, amendments, thresholds, to: html) }
    var shown = record.json(with: amendments, isMasked: !unmasked)
    if let thresholds { shown["packageThresholds"] = thresholds }
    print(shown.text(pretty: !json))
  }

  private func write(
    _ record: AuditRecord, _ amendments: [AuditRecord], _ thresholds: JSON?, to path: String
  ) throws {
    do {
      let reader = try AuditReader(directory: DataDirectory(path: data))
      let page = DecisionPage(
        record, feedback: try reader.feedback(on: record), amendments: amendments,
        reviews: try reader.reviews(of: record.sequence), isMasked: !unmasked, packageThresholds: thresholds
      ).html
      let file = try OutputFile(path)
      try file.write(Array(page.utf8))
      _ = try file.finish()
    } catch let error as AuditError {
      throw Failure.trail("\(error)").exit()
    }
  }

  private func find() throws(AuditError) -> AuditRecord {
    let reader = try AuditReader(directory: DataDirectory(path: data))
    if let sequence = Int64(id) { return try reader.record(sequence) }
    var filter = AuditReader.Filter()
    // Records of before have what the client wrote.
    for name in [try DataDirectory(path: data).loadPseudonymKey().hookInstance(id), id] {
      filter.hookInstance = name
      if let newest = try reader.list(filter, limit: 1).first { return try reader.record(newest.sequence) }
    }
    throw AuditError(.notFound)
  }
}
