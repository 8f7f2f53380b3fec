// SPDX-License-Identifier: Apache-2.0
import FHIR

/// When nothing was recorded: between a stop and the next start, after an end without a stop, where a running service was silent
/// for an hour, and where the clock was set back.
struct GapRows: ReportRows {
  /// A running service with callers is not silent for so long (ms).
  static let silence: Int64 = 3_600_000

  let columns = ["from", "until", "seconds", "after record", "before record", "why"]
  private var rows: [[String]] = []
  private var last: AuditRecord?
  private var isRunning = false
  private var milliseconds: Int64 = 0

  mutating func look(at record: AuditRecord, isWanted: Bool) {
    defer {
      last = record
      switch record.entry.kind {
      case .start: isRunning = true
      case .stop: isRunning = false
      // A reading or another deed may be recorded while no service runs.
      default: break
      }
    }
    guard let last else { return }
    let length = record.entry.time.milliseconds - last.entry.time.milliseconds
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
      return
    }
    guard isWanted else { return }
    milliseconds += max(0, length)
    let seconds = Double(length) / 1000
    rows.append([last.time, record.time, "\(seconds)", last.number, record.number, why])
  }

  var facts: [(name: String, value: String)] { [("seconds in all", "\(Double(milliseconds) / 1000)")] }
  mutating func finished() -> [[String]] { rows }
}
