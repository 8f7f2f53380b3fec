// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A record as it is shown to what makes rows of it.
struct ReportRecord {
  let record: AuditRecord
  /// Which patient it is about.
  let person: ProvenRecords.Person?
  /// Whether the criteria let it through.
  let isWanted: Bool
  /// What it was made of, where it was asked for and something was kept.
  var content: Content?

  /// What a record was made of.
  enum Content {
    case payload(AuditPayload)
    /// The patient was erased.
    case erased
    /// It is not what the leaf says.
    case damaged
  }

  var entry: AuditEntry { record.entry }
  /// The patient as the leaf names them, which says nothing without the keys.
  var patientToken: String {
    person == nil ? "" : (record.subject ?? entry.patient).map(AuditRecord.hexadecimal) ?? ""
  }
}

/// Makes the rows of one kind of report out of all records in order.
protocol ReportRows {
  var columns: [String] { get }
  /// How often all records are shown.
  var passes: Int { get }
  /// The kinds of records that a pass needs; nil for all. The others are held against the checkpoint and not shown.
  func kindsNeeded(pass: Int) -> Set<AuditEntry.Kind>?
  /// Whether what a record was made of is to be opened before it is looked at.
  func opens(_ shown: ReportRecord) -> Bool
  /// What is told beside the rows, when all records were shown.
  var facts: [(name: String, value: String)] { get }
  /// The rows that a record makes at once.
  ///
  /// - Parameter pass: counted from 0.
  mutating func look(at shown: ReportRecord, pass: Int) -> [[String]]
  /// The rows that could not be made before all records were shown.
  mutating func finished() -> [[String]]
}

extension ReportRows {
  var passes: Int { 1 }
  func kindsNeeded(pass: Int) -> Set<AuditEntry.Kind>? { nil }
  func opens(_ shown: ReportRecord) -> Bool { false }
  var facts: [(name: String, value: String)] { [] }
  func finished() -> [[String]] { [] }
}

extension AuditRecord {
  var number: String { "\(sequence)" }
  var time: String { entry.time.description }
  /// The case of a legal hold.
  var legalCase: String? { entry.legalCase.map { "case \($0)" } }
  /// Who did, read, amended or asked: the client with its clinician, else the person or the address.
  var actor: String {
    // A person amends; the client is that of the record that is amended.
    guard let client = entry.client, entry.kind != .amendment else { return entry.user ?? entry.origin ?? "" }
    return "client \(client)" + (entry.user.map { ", \($0)" } ?? "")
  }
}

/// Everything that was done with a patient's records, or refused.
struct AccessRows: ReportRows {
  let columns = ["record", "time", "kind", "who", "service", "unit", "what"]

  func look(at shown: ReportRecord, pass: Int) -> [[String]] {
    let (record, entry) = (shown.record, shown.entry)
    guard shown.isWanted, shown.person != nil else { return [] }
    let what = [entry.hook, entry.outcome, record.legalCase, entry.note, entry.amended, entry.reason].compactMap(\.self)
      .joined(separator: ", ")
    return [
      [record.number, record.time, entry.kind.rawValue, record.actor, entry.service ?? "", entry.unit ?? "", what]
    ]
  }
}

/// To whom something about patients went: answers to clients, readings by people, exports (45 CFR 164.528(b)(2): date, who
/// received it, what, why). An export in which nobody is named is none (45 CFR 164.502(d)(2)).
struct DisclosureRows: ReportRows {
  let columns = ["record", "time", "recipient", "patient", "what", "purpose"]

  func look(at shown: ReportRecord, pass: Int) -> [[String]] {
    let entry = shown.entry
    guard shown.isWanted else { return [] }
    switch entry.kind {
    case .answer:
      let what = "decision support, \(entry.cards.count { $0.heldBack == nil }) cards"
      return [row(shown, what, "treatment (\(entry.hook ?? entry.service ?? ""))")]
    case .read where !entry.isDeidentifiedReading && entry.outcome != AuditEntry.refused:
      return [row(shown, entry.note ?? "", entry.reason ?? "review of the trail")]
    default: return []
    }
  }

  private func row(_ shown: ReportRecord, _ what: String, _ purpose: String) -> [String] {
    [shown.record.number, shown.record.time, shown.record.actor, shown.patientToken, what, purpose]
  }
}

/// What was refused.
struct FailureRows: ReportRows {
  let columns = ["record", "time", "from", "client", "service", "status", "code", "times"]
  private var count: Int64 = 0

  mutating func look(at shown: ReportRecord, pass: Int) -> [[String]] {
    let (record, entry) = (shown.record, shown.entry)
    let isFailure = entry.kind == .rejection || entry.outcome == AuditEntry.refused || entry.status ?? 0 >= 400
    guard shown.isWanted, isFailure else { return [] }
    count += entry.count ?? 1
    return [
      [
        record.number, record.time, entry.origin ?? "", entry.client ?? "", entry.service ?? "",
        entry.status.map { "\($0)" } ?? "", entry.reason ?? "", "\(entry.count ?? 1)",
      ]
    ]
  }

  var facts: [(name: String, value: String)] { [("refused in all", "\(count)")] }
}

/// What changed the service or the trail, or was said against a record, and where the configuration did between two records.
struct ChangeRows: ReportRows {
  let columns = ["record", "time", "kind", "who", "what", "why", "configuration"]
  private var configuration: [UInt8]?

  mutating func look(at shown: ReportRecord, pass: Int) -> [[String]] {
    let (record, entry) = (shown.record, shown.entry)
    let isOther = entry.configuration != nil && entry.configuration != configuration
    if let found = entry.configuration { configuration = found }
    let kinds: [AuditEntry.Kind] = [
      .start, .stop, .control, .key, .rootKey, .erasure, .hold, .release, .proposal, .approval, .amendment,
    ]
    guard shown.isWanted, kinds.contains(entry.kind) || isOther else { return [] }
    let models = isOther ? entry.models.map { "\($0.id) \($0.version)" }.joined(separator: ", ") : nil
    let what = [entry.outcome, record.legalCase, entry.note, entry.amended, models].compactMap(\.self)
      .joined(separator: ", ")
    return [
      [
        record.number, record.time, entry.kind.rawValue, record.actor, what, entry.reason ?? "",
        isOther ? entry.configuration.map(AuditRecord.hexadecimal) ?? "" : "",
      ]
    ]
  }
}
