// SPDX-License-Identifier: Apache-2.0
import FHIR

/// When nothing was recorded: between a stop and the next start, after an end without a stop, where a running service was silent
/// for an hour, where the clock was set back, and for how long nothing disciplined it. A gap belongs to a time when any part of it does.
struct GapRows: ReportRows {
  /// A running service with callers is not silent for so long (ms).
  static let silence: Int64 = 3_600_000

  let columns = ["from", "until", "seconds", "after record", "before record", "why"]
  private let since: Instant?
  private let until: Instant?
  private var last: AuditRecord?
  private var isRunning = false
  /// The record that said that nothing disciplines the clock, until one says otherwise.
  private var unsynchronised: AuditRecord?
  private static let unsynchronisedReason = "nothing disciplined the clock"
  private var milliseconds: Int64 = 0

  /// - Parameters:
  ///   - since: gaps that end before are left out.
  ///   - until: gaps that begin then or later are left out.
  init(since: Instant?, until: Instant?) {
    self.since = since
    self.until = until
  }

  mutating func look(at shown: ReportRecord, pass: Int) -> [[String]] {
    let record = shown.record
    var rows: [[String]] = []
    if let last { rows += gap(between: last, and: record) }
    rows += clock(at: record)
    last = record
    switch record.entry.kind {
    case .start: isRunning = true
    case .stop: isRunning = false
    // A reading or another deed may be recorded while no service runs.
    default: break
    }
    return rows
  }

  private mutating func gap(between last: AuditRecord, and record: AuditRecord) -> [[String]] {
    let (from, to) = (last.entry.time, record.entry.time)
    let length = to.milliseconds - from.milliseconds
    let why: String
    if length <= -AuditRecord.sideBySide {
      why = "the clock was set back"
    } else if record.entry.kind == .start {
      why = isRunning ? "the service ended without a stop on record" : "the service was stopped"
    } else if !isRunning {
      why = "no service was running"
    } else if length >= Self.silence {
      why = "a running service recorded nothing"
    } else {
      return []
    }
    guard overlaps(min(from, to), max(from, to)) else { return [] }
    milliseconds += max(0, length)
    return [[last.time, record.time, "\(Double(length) / 1000)", last.number, record.number, why]]
  }

  /// The time that ends with a record in which nothing disciplined the clock, as far as a start or a record of the clock says.
  private mutating func clock(at record: AuditRecord) -> [[String]] {
    guard [.start, .stop, .clock].contains(record.entry.kind) else { return [] }
    let begun = unsynchronised
    unsynchronised = record.entry.outcome == ClockState.unsynchronised ? record : nil
    guard let begun else { return [] }
    return [unsynchronisedRow(begun, until: record.entry.time, record.number)].compactMap(\.self)
  }

  private func unsynchronisedRow(_ begun: AuditRecord, until end: Instant, _ number: String) -> [String]? {
    let (from, to) = (begun.entry.time, end)
    guard overlaps(min(from, to), max(from, to)) else { return nil }
    let length = to.milliseconds - from.milliseconds
    return [begun.time, end.description, "\(Double(length) / 1000)", begun.number, number, Self.unsynchronisedReason]
  }

  private func overlaps(_ from: Instant, _ to: Instant) -> Bool {
    if let since, to < since { return false }
    if let until, from >= until { return false }
    return true
  }

  var facts: [(name: String, value: String)] { [("seconds in all", "\(Double(milliseconds) / 1000)")] }

  /// What lies behind the last record, where the report is asked for a time until later.
  func finished() -> [[String]] {
    guard let last else { return [] }
    let row = unsynchronised.flatMap { unsynchronisedRow($0, until: last.entry.time, last.number) }
    let open = [row].compactMap(\.self)
    guard let until else { return open }
    let length = until.milliseconds - last.entry.time.milliseconds
    guard length > 0, !isRunning || length >= Self.silence else { return open }
    let why = isRunning ? "a running service recorded nothing" : "no service was running"
    return open + [[last.time, until.description, "\(Double(length) / 1000)", last.number, "", why]]
  }
}
