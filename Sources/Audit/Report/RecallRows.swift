// SPDX-License-Identifier: Apache-2.0
import Crypto
import FHIR

/// Every decision that depended on a model, what was shown and done, the patients, and who looked at them: what has to be known
/// when a version turns out to be bad.
///
/// The facts make it countable by others: how many records were looked at, how many decisions and patients were found, and a
/// digest over the numbers of the decisions.
struct RecallRows: ReportRows {
  let columns = ["record", "time", "kind", "who", "patient", "service", "unit", "models", "findings"]
  /// What may be about one of them is known when all of them are.
  let passes = 2
  private var patients: Set<ProvenRecords.Person> = []
  private var shown: Set<[UInt8]> = []
  private var decisions = 0
  private var digest = SHA256()

  func kindsNeeded(pass: Int) -> Set<AuditEntry.Kind>? { pass == 0 ? [.answer] : [.feedback, .read] }

  /// The decisions in order, then what was done with their cards, and who read of their patients or exported decisions.
  mutating func look(at record: ReportRecord, pass: Int) -> [[String]] {
    pass == 0 ? decision(record) : consequence(record)
  }

  private mutating func decision(_ record: ReportRecord) -> [[String]] {
    let entry = record.entry
    guard entry.kind == .answer, record.isWanted else { return [] }
    decisions += 1
    digest.update(data: Array("\(record.record.sequence)\n".utf8))
    if let person = record.person { patients.insert(person) }
    for card in entry.cards where card.heldBack == nil { shown.insert(card.key) }
    return [
      row(
        record, entry.models.map { "\($0.id) \($0.version)" }.joined(separator: "; "),
        entry.cards.map { "\($0.outcome ?? ""): \($0.heldBack.map { "held back, \($0)" } ?? "shown")" })
    ]
  }

  private func consequence(_ record: ReportRecord) -> [[String]] {
    let entry = record.entry
    let isAbout = record.person.map(patients.contains) ?? false
    switch entry.kind {
    case .feedback where entry.cards.contains { shown.contains($0.key) }:
      return [row(record, "", [[entry.outcome, entry.reason].compactMap(\.self).joined(separator: ", ")])]
    case .read where isAbout || record.person == nil && Self.isExport(entry):
      return [row(record, "", [entry.note ?? ""])]
    default: return []
    }
  }

  /// Whether it gave out records: one of before names nobody of whom they were.
  private static func isExport(_ entry: AuditEntry) -> Bool {
    guard let note = entry.note, entry.outcome != AuditEntry.refused else { return false }
    return note.hasPrefix("export") && !note.hasSuffix(", 0 records")
  }

  private func row(_ record: ReportRecord, _ models: String, _ findings: [String]) -> [String] {
    [
      record.record.number, record.record.time, record.entry.kind.rawValue, record.record.actor, record.patientToken,
      record.entry.service ?? "", record.entry.unit ?? "", models, findings.joined(separator: "; "),
    ]
  }

  var facts: [(name: String, value: String)] {
    [
      ("decisions", "\(decisions)"), ("patients", "\(patients.count)"),
      ("SHA-256 of the decisions' numbers, a line each", AuditRecord.hexadecimal(Array(digest.finalize()))),
    ]
  }
}
