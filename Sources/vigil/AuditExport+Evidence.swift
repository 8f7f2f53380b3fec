// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation

extension AuditExport {
  /// Writes a folder of records with what proves them.
  func writeEvidence(_ search: AuditReader.Search, of reader: AuditReader, in directory: DataDirectory) async throws {
    guard !FileManager.default.fileExists(atPath: output) else {
      throw Failure.trail("\(output) is there already").exit()
    }
    // Who gives records out of a copy that nobody can write to leaves no trace there: a disclosure is on record or not made.
    guard FileManager.default.isWritableFile(atPath: directory.path) else { throw AuditError(.directoryUnusable) }
    // Before anything is on record, so that each try of a folder that cannot be written makes no record of each patient.
    let folder = try EvidenceFolder(output)
    let log = try directory.loadLogKey()
    let (who, now) = (user ?? NSUserName(), Instant(Date()))
    let progress = Progress()
    let selection = try reader.evidence(search, log: log) {
      progress.report("records looked at", Int($0), of: Int($1))
    }
    // Not before: the key may have become another while the records were looked at.
    let signer = try directory.loadCheckpointKey()
    // Not before: a patient who was hidden by an edited key stops the export and is not called unknown.
    try await ReadRecord.requireKnown(
      search.filter.patient, to: reader, "export evidence", user: user, in: directory)
    let readings = unmasked ? try allowed(selection, of: reader, for: who, at: now) : []
    try await ReadRecord.append(
      "export evidence, \(selection.count) records", showing: selection.patients, asked: search.filter.patient,
      user: user, in: directory)
    for reading in readings {
      try await ReadRecord.append(reading.note, showing: reading.patients, user: user, in: directory)
    }
    let export = EvidenceExport(selection, by: who, at: now, hasContents: unmasked, log: log, signer: signer)
    let shelf = ModelShelf(profiles)
    let pages = try export.write(from: reader, into: folder, thresholds: shelf.thresholds(of:)) {
      progress.report("records written", $0, of: selection.count)
    }
    progress.finish()
    print("\(selection.count) records, \(pages) of them decisions with a page, signed in \(output)/manifest.note")
  }

  /// What goes on record of each record whose content is given out: the approval of another person (`docs/decisions/0036`).
  ///
  /// - Throws: `notApproved` for the first that nobody else allowed.
  private func allowed(
    _ selection: EvidenceSelection, of reader: AuditReader, for user: String, at now: Instant
  ) throws(AuditError) -> [(note: String, patients: ShownPatients)] {
    var readings: [(note: String, patients: ShownPatients)] = []
    for sequence in selection.runs.joined() {
      let record = try reader.find(one: sequence)
      guard record.commitment != nil else { continue }
      guard let approval = try reader.unmasking(of: sequence, for: user, at: now) else {
        throw AuditError(.notApproved, sequence: sequence)
      }
      readings.append(
        ("export \(sequence) unmasked, approved by record \(approval.sequence)", ShownPatients([record])))
    }
    return readings
  }
}
