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
    // What is another patient's is no word on this one (`VER028`).
    blocks.isWanted = {
      $0.entry.kind == .amendment && $0.entry.amends == sequence && $0.entry.patient == record.entry.patient
    }
    var amendments = try blocks.first(.max) { work throws(AuditError) in try read(work) }
    for place in amendments.indices {
      do throws(AuditError) {
        amendments[place] = try self.record(amendments[place].sequence)
      } catch  where [.erased, .keyUnusable].contains(error.code) {
        // Who, when and why stay.
      }
    }
    return amendments
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

  /// What an amendment says is right, or why that is not shown.
  func amendmentText(isMasked: Bool) -> String {
    isMasked ? Self.maskedText : entry.payload?.amendment ?? "not at hand"
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
