// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Makes the rows of one kind of report out of all records, each shown once and in order.
protocol ReportRows {
  var columns: [String] { get }
  /// What is told beside the rows, when all records were shown.
  var facts: [(name: String, value: String)] { get }
  /// - Parameter isWanted: whether the criteria let the record through.
  mutating func look(at record: AuditRecord, isWanted: Bool)
  /// The rows, when all records were shown.
  mutating func finished() -> [[String]]
}

extension ReportRows {
  var facts: [(name: String, value: String)] { [] }
}

extension AuditRecord {
  var number: String { "\(sequence)" }
  var time: String { entry.time.description }
  /// Who did, read or asked: the person, else the client, else the address.
  var actor: String { entry.origin ?? entry.client.map { "client \($0)" } ?? "" }
  /// The patient as the leaf names them, which says nothing without the keys.
  var patientToken: String { (subject ?? entry.patient).map(Self.hexadecimal) ?? "" }
}

/// Everything that was done with a patient's records.
struct AccessRows: ReportRows {
  let columns = ["record", "time", "kind", "who", "service", "unit", "what"]
  private var rows: [[String]] = []

  mutating func look(at record: AuditRecord, isWanted: Bool) {
    let entry = record.entry
    guard isWanted, record.subject != nil || entry.patient != nil, entry.kind != .rejection else { return }
    let what = [entry.hook, entry.outcome, entry.note, entry.reason].compactMap(\.self).joined(separator: ", ")
    rows.append([
      record.number, record.time, entry.kind.rawValue, record.actor, entry.service ?? "", entry.unit ?? "", what,
    ])
  }

  mutating func finished() -> [[String]] { rows }
}

/// To whom something about patients went: answers to clients, readings by people, exports (45 CFR 164.528(b)(2): date, who
/// received it, what, why).
struct DisclosureRows: ReportRows {
  let columns = ["record", "time", "recipient", "patient", "what", "purpose"]
  private var rows: [[String]] = []

  mutating func look(at record: AuditRecord, isWanted: Bool) {
    let entry = record.entry
    guard isWanted else { return }
    switch entry.kind {
    case .answer:
      let what = "decision support, \(entry.cards.count { $0.heldBack == nil }) cards"
      append(record, what, "treatment (\(entry.hook ?? entry.service ?? ""))")
    case .read: append(record, entry.note ?? "", entry.reason ?? "review of the trail")
    default: break
    }
  }

  private mutating func append(_ record: AuditRecord, _ what: String, _ purpose: String) {
    rows.append([record.number, record.time, record.actor, record.patientToken, what, purpose])
  }

  mutating func finished() -> [[String]] { rows }
}

/// What was refused.
struct FailureRows: ReportRows {
  let columns = ["record", "time", "from", "client", "service", "status", "code", "times"]
  private var rows: [[String]] = []
  private var count: Int64 = 0

  mutating func look(at record: AuditRecord, isWanted: Bool) {
    let entry = record.entry
    let isFailure = entry.kind == .rejection || entry.outcome == "refused" || entry.status ?? 0 >= 400
    guard isWanted, isFailure else { return }
    count += entry.count ?? 1
    rows.append([
      record.number, record.time, entry.origin ?? "", entry.client ?? "", entry.service ?? "",
      entry.status.map { "\($0)" } ?? "", entry.reason ?? "", "\(entry.count ?? 1)",
    ])
  }

  var facts: [(name: String, value: String)] { [("refused in all", "\(count)")] }
  mutating func finished() -> [[String]] { rows }
}

/// What changed the service or the trail, and where the configuration did between two records.
struct ChangeRows: ReportRows {
  let columns = ["record", "time", "kind", "who", "what", "why", "configuration"]
  private var rows: [[String]] = []
  private var configuration: [UInt8]?

  mutating func look(at record: AuditRecord, isWanted: Bool) {
    let entry = record.entry
    let isOther = entry.configuration != nil && entry.configuration != configuration
    if let found = entry.configuration { configuration = found }
    let kinds: [AuditEntry.Kind] = [.start, .stop, .control, .key, .erasure, .hold, .release]
    guard isWanted, kinds.contains(entry.kind) || isOther else { return }
    let models = isOther ? entry.models.map { "\($0.id) \($0.version)" }.joined(separator: ", ") : nil
    let what = [entry.outcome, entry.note, models].compactMap(\.self).joined(separator: ", ")
    rows.append([
      record.number, record.time, entry.kind.rawValue, record.actor, what, entry.reason ?? "",
      isOther ? entry.configuration.map(AuditRecord.hexadecimal) ?? "" : "",
    ])
  }

  mutating func finished() -> [[String]] { rows }
}
