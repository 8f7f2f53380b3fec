// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Tells on standard error how far a long work has come and how long it may still take: a bar on a terminal, else a line
/// a step.
final class Progress: Sendable {
  private struct Shown {
    var title = ""
    var percent = -1
    var detail = ""
    /// When a part was first heard of, and how far it was then: a resumed training begins in the middle.
    var start: ContinuousClock.Instant?
    var startShare = 0.0
  }

  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let shown = Mutex(Shown())

  /// Reports `done` of `total` steps of a part; `detail` follows, such as a loss.
  func report(_ title: String, _ done: Int, of total: Int, detail: String = "") {
    report(title, share: total > 0 ? Double(done) / Double(total) : 1, detail: detail)
  }

  /// Reports the share that is done of all parts that have no share of their own; a share that falls begins a new work.
  func report(_ title: String, share: Double, detail: String = "") {
    let share = min(max(share, 0), 1)
    let percent = Int(share * 100)
    let now = ContinuousClock.now
    shown.withLock { shown in
      let isNew = shown.title != title
      if shown.start == nil || isNew || percent < shown.percent { (shown.start, shown.startShare) = (now, share) }
      let left = timeLeft(share, shown, now)
      if isNew && isTerminal && !shown.title.isEmpty { write("\n") }
      if isTerminal && (isNew || percent != shown.percent || detail != shown.detail) {
        let filled = percent * 30 / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 30 - filled)
        write("\r\(title) [\(bar)] \(percent) % \(left) \(detail)\u{1B}[K")
      } else if !isTerminal && (isNew || percent / 10 > shown.percent / 10) {
        // In a log a line a tenth is enough.
        write([title, "\(percent) %", left, detail].filter { !$0.isEmpty }.joined(separator: "  ") + "\n")
      }
      (shown.title, shown.percent, shown.detail) = (title, percent, detail)
    }
  }

  /// `3 min 20 s left`, once enough is done to tell.
  private func timeLeft(_ share: Double, _ shown: Shown, _ now: ContinuousClock.Instant) -> String {
    guard let start = shown.start, share < 1, share - shown.startShare > 0.005 else { return "" }
    let spent = start.duration(to: now) / .seconds(1)
    let seconds = Int((spent * (1 - share) / (share - shown.startShare)).rounded(.up))
    return seconds < 60 ? "\(seconds) s left" : "\(seconds / 60) min \(seconds % 60) s left"
  }

  /// Ends the bar's line.
  func finish() {
    shown.withLock { shown in
      if isTerminal && !shown.title.isEmpty { write("\n") }
      shown = Shown()
    }
  }

  private func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
