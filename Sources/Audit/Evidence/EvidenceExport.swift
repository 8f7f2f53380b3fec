// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Gives records out with what proves them, to somebody who has neither the trail nor its keys.
package struct EvidenceExport: Sendable {
  /// Records in one read, so that no snapshot is kept open while others write.
  private static let page: Int64 = 512

  private let selection: EvidenceSelection
  private let user: String
  private let time: Instant
  private let hasContents: Bool
  private let log: NoteKey
  private let signer: NoteSigner

  /// - Parameters:
  ///   - selection: the records.
  ///   - user: who gives them out.
  ///   - time: when.
  ///   - hasContents: whether what the answers were made of goes with them, which names patients.
  ///   - log: the log's key at its beginning.
  ///   - signer: the log's key of now.
  package init(
    _ selection: EvidenceSelection, by user: String, at time: Instant, hasContents: Bool, log: NoteKey,
    signer: NoteSigner
  ) {
    self.selection = selection
    self.user = user
    self.time = time
    self.hasContents = hasContents
    self.log = log
    self.signer = signer
  }

  /// Writes the folder: one record, one line and one page at a time.
  ///
  /// - Parameters:
  ///   - thresholds: what the packages of the very digests that a record names have as calibration and thresholds, as for its page.
  ///   - progress: called with the records that were written.
  /// - Returns: how many decisions have a page.
  /// - Throws: `AuditError` when the trail cannot be read, is damaged or the folder cannot be written.
  package func write(
    from reader: AuditReader, into folder: EvidenceFolder, thresholds: (AuditEntry) -> JSON?,
    progress: (Int) -> Void = { _ in }
  ) throws(AuditError) -> Int {
    guard let tree = Checkpoint(text: selection.checkpoint.text) else { throw AuditError(.treeDamaged) }
    let list = EvidenceList(selection, of: tree.origin, by: user, at: time, hasContents: hasContents)
    let (lines, index) = (try folder.begin(EvidenceManifest.records), try folder.begin(EvidenceManifest.list))
    try index.write(Array(list.start.utf8))
    var (done, pages) = (0, 0)
    for run in selection.runs {
      var start = run.lowerBound
      while start <= run.upperBound {
        let end = min(start + Self.page - 1, run.upperBound)
        for var line in try reader.evidenceLines(start...end, size: tree.size) {
          if hasContents { line.content = try reader.evidenceContent(of: line.record) }
          try lines.write(line.bytes + [UInt8(ascii: "\n")])
          try index.write(Array(list.row(line.record).utf8))
          if line.record.entry.kind == .answer {
            if pages == 0 { try folder.makePages() }
            pages += 1
            try folder.write(
              try reader.evidencePage(of: line.record, in: selection, thresholds),
              to: EvidenceManifest.page(line.record.sequence))
          }
          done += 1
          progress(done)
        }
        start = end + 1
      }
    }
    try index.write(Array(list.end.utf8))
    try folder.end(lines)
    try folder.end(index)
    try folder.write(selection.checkpoint.description, to: EvidenceManifest.checkpoint)
    try folder.write(log.vkey + "\n", to: EvidenceManifest.key)
    for (place, sequence) in selection.rotations.enumerated() {
      try folder.write(try reader.proof(of: sequence).text, to: EvidenceManifest.rotation(place + 1))
    }
    try folder.write(list.readme, to: EvidenceManifest.readme)
    try folder.finish(at: selection.head, by: signer, log: log)
    return pages
  }
}

extension AuditReader {
  /// The page of a decision without what names the patient, the pseudonym among it: by the leaf's token alone two records are of one.
  /// What was said of it is what the selection found in the records that are proved.
  fileprivate func evidencePage(
    of proven: AuditRecord, in selection: EvidenceSelection, _ thresholds: (AuditEntry) -> JSON?
  ) throws(AuditError) -> String {
    var answer = proven
    do throws(AuditError) {
      let again = try record(proven.sequence)
      guard again.leaf == proven.leaf else { throw AuditError(.treeDamaged, sequence: proven.sequence) }
      answer.entry.payload = again.entry.payload
    } catch {
      guard [.erased, .damaged, .keyUnusable].contains(error.code) else { throw error }
      answer.isPayloadDamaged = error.code == .damaged
    }
    // The leaf of before data keys has the pseudonym itself.
    answer.entry.patient = nil
    answer.isOfNobody = selection.isOfNobody(proven)
    return DecisionPage(
      answer, feedback: selection.feedback(on: proven), amendments: selection.amendments(of: proven),
      reviews: selection.reviews(of: proven), isMasked: true, packageThresholds: thresholds(answer.entry)
    ).html
  }
}
