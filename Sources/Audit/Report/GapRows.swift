// SPDX-License-Identifier: Apache-2.0
import FHIR

/// When nothing was recorded: between a stop and the next start, after an end without a stop, where a running service was silent
/// for an hour, and where the clock was set back. A gap belongs to a time when any part of it does.
struct GapRows: ReportRows {
  /// A running service with callers is not silent for so long (ms).
  static let silence: Int64 = 3_600_000

  let columns = ["from", "until", "seconds", "after record", "before record", "why"]
  private let since: Instant?
  private let until: Instant?
  private var last: AuditRecord?
  private var isRunning = false
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
    defer {
      last = record
      switch record.entry.kind {
      case .start: isRunning = true
      case .stop: isRunning = false
      // A reading or another deed may be recorded while no service runs.
      default: break
      }
    }
    guard let last else { return [] }
    let (from, to) = (last.entry.time, record.entry.time)
    let length = to.milliseconds - from.milliseconds
    let why: String
    if length < 0 {
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

  private func overlaps(_ from: Instant, _ to: Instant) -> Bool {
    if let since, to < since { return false }
    if let until, from >= until { return false }
    return true
  }

  var facts: [(name: String, value: String)] { [("seconds in all", "\(Double(milliseconds) / 1000)")] }

  /// What lies behind the last record, where the report is asked for a time until later.
  func finished() -> [[String]] {
    guard let last, let until else { return [] }
    let length = until.milliseconds - last.entry.time.milliseconds
    guard length > 0, !isRunning || length >= Self.silence else { return [] }
    let why = isRunning ? "a running service recorded nothing" : "no service was running"
    return [[last.time, until.description, "\(Double(length) / 1000)", last.number, "", why]]
  }
}
