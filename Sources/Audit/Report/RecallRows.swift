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
  private var rows: [[String]] = []
  private var patients: Set<[UInt8]> = []
  private var shown: Set<[UInt8]> = []
  private var decisions = 0
  private var digest = SHA256()
  /// What may turn out to be about one of them, kept until all are known.
  private var later: [AuditRecord] = []

  mutating func look(at record: AuditRecord, isWanted: Bool) {
    let entry = record.entry
    switch entry.kind {
    case .answer where isWanted:
      decisions += 1
      digest.update(data: Array("\(record.sequence)\n".utf8))
      if let patient = record.subject ?? entry.patient { patients.insert(patient) }
      for card in entry.cards where card.heldBack == nil { shown.insert(card.key) }
      append(
        record, entry.models.map { "\($0.id) \($0.version)" }.joined(separator: "; "),
        entry.cards.map { "\($0.outcome ?? ""): \($0.heldBack.map { "held back, \($0)" } ?? "shown")" })
    case .feedback, .read: later.append(record)
    default: break
    }
  }

  private mutating func append(_ record: AuditRecord, _ models: String, _ findings: [String]) {
    rows.append([
      record.number, record.time, record.entry.kind.rawValue, record.actor, record.patientToken,
      record.entry.service ?? "", record.entry.unit ?? "", models, findings.joined(separator: "; "),
    ])
  }

  var facts: [(name: String, value: String)] {
    [
      ("decisions", "\(decisions)"), ("patients", "\(patients.count)"),
      ("SHA-256 of the decisions' numbers, a line each", AuditRecord.hexadecimal(Array(digest.finalize()))),
    ]
  }

  /// The decisions in order, then what was done with their cards, and who read of their patients or exported decisions.
  mutating func finished() -> [[String]] {
    for record in later {
      let entry = record.entry
      let isAbout = (record.subject ?? entry.patient).map(patients.contains) ?? false
      switch entry.kind {
      case .feedback where entry.cards.contains { shown.contains($0.key) }:
        append(record, "", [[entry.outcome, entry.reason].compactMap(\.self).joined(separator: ", ")])
      case .read where isAbout || entry.note?.hasPrefix("export") == true: append(record, "", [entry.note ?? ""])
      default: break
      }
    }
    return rows
  }
}
