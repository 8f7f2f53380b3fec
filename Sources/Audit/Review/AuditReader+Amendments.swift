// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditReader {
  /// What people say is right instead of what a record says, oldest first, with the text where it can be opened.
  package func amendments(of record: AuditRecord) throws(AuditError) -> [AuditRecord] {
    let sequence = record.sequence
    var blocks = BlockSearch()
    blocks.groups = [[SearchTerm(amends: sequence)]]
    blocks.sequences = (sequence + 1)..<Int64.max
    blocks.isAscending = true
    blocks.isWanted = { $0.entry.kind == .amendment && $0.entry.amends == sequence }
    let found = try blocks.first(.max) { work throws(AuditError) in try read(work) }
    guard !found.isEmpty, let key = try keyNumber(of: sequence) else { return [] }
    var amendments: [AuditRecord] = []
    for var amendment in found {
      // What lies under another data key is another patient's, and no word on this record (`VER028`).
      guard try keyNumber(of: amendment.sequence) == key else { continue }
      do throws(AuditError) {
        amendment = try self.record(amendment.sequence)
      } catch  where [.erased, .damaged, .keyUnusable].contains(error.code) {
        // Who, when and why stay.
        amendment.isPayloadDamaged = error.code == .damaged
      }
      amendments.append(amendment)
    }
    return amendments
  }

  /// Number of the data key that a record lies under, which stays when the key is destroyed.
  private func keyNumber(of sequence: Int64) throws(AuditError) -> Int64? {
    try read { database in
      // The leaf of a record of before data keys names none: what it was made of lies under one.
      let numbers = try database.query(
        """
        SELECT coalesce(record.subject, payload.subject) FROM record
        LEFT JOIN payload ON payload.sequence = record.sequence WHERE record.sequence = ?
        """, [.number(sequence)]
      ) { $0.number(0) }
      return numbers.first ?? nil
    }
  }

  /// The data key that a record lies under; nil where it is nobody's, or destroyed.
  func key(of sequence: Int64) throws(AuditError) -> SubjectKey? {
    let destroyed = try destroyedKeys()
    let key = try read { try StoredRecord.key(of: sequence, $0, root) }
    return key.flatMap { destroyed.contains($0.id) ? nil : $0 }
  }
}

extension AuditRecord {
  /// Why what names the patient is not there.
  static let maskedText = "left out with what names the patient"
  /// What is said of a payload that is not what its leaf commits to.
  static let changedText = "changed in the store"

  /// What an amendment says is right, or why that is not shown.
  func amendmentText(isMasked: Bool) -> String {
    isMasked ? Self.maskedText : entry.payload?.amendment ?? (isPayloadDamaged ? Self.changedText : "not at hand")
  }

  /// The record for people and programs, with what was said against it.
  ///
  /// - Parameter isMasked: whether what names the patient is left out, of the amendments too.
  package func json(with amendments: [AuditRecord], isMasked: Bool) -> JSON {
    var shown = isMasked ? maskedJSON : json
    guard !amendments.isEmpty else { return shown }
    shown["amendments"] = .array(
      amendments.map { amendment -> JSON in
        let isShown = !isMasked && amendment.entry.payload != nil
        return [
          "record": .number(Int(amendment.sequence)), "time": .string(amendment.entry.time.description),
          "user": amendment.entry.origin.map(JSON.string), "reason": amendment.entry.reason.map(JSON.string),
          (isShown ? "text" : "textWithheld"): .string(amendment.amendmentText(isMasked: isMasked)),
        ]
      })
    return shown
  }
}
