// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What each person, client and address did, by kind of record.
struct ActivityRows: ReportRows {
  private struct Doer {
    var counts: [AuditEntry.Kind: Int64] = [:]
    var first: AuditRecord
    var last: AuditRecord
    var patients: Set<ProvenRecords.Person> = []
  }

  private static let kinds: [AuditEntry.Kind] = [
    .answer, .rejection, .read, .feedback, .control, .key, .erasure, .hold, .release, .review, .proposal, .approval,
    .amendment,
  ]

  let columns = ["who", "first", "last"] + kinds.map(\.rawValue) + ["patients"]
  private var doers: [String: Doer] = [:]

  mutating func look(at shown: ReportRecord, pass: Int) -> [[String]] {
    let record = shown.record
    guard shown.isWanted, Self.kinds.contains(record.entry.kind) else { return [] }
    let who = record.actor.isEmpty ? "not known" : record.actor
    var doer = doers[who] ?? Doer(first: record, last: record)
    doer.counts[record.entry.kind, default: 0] += record.entry.count ?? 1
    doer.last = record
    if let person = shown.person { doer.patients.insert(person) }
    doers[who] = doer
    return []
  }

  var facts: [(name: String, value: String)] {
    [("patients", "counted from \(SmallCell.least) on; fewer are shown as \"<\(SmallCell.least)\"")]
  }

  mutating func finished() -> [[String]] {
    doers.keys.sorted().compactMap { who in
      doers[who].map { doer in
        [who, doer.first.time, doer.last.time] + Self.kinds.map { "\(doer.counts[$0] ?? 0)" }
          + [SmallCell.text(doer.patients.count)]
      }
    }
  }
}
