// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Tells on standard error how far a long work has come: a bar on a terminal, else a line a step.
final class Progress: Sendable {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let shown = Mutex<(title: String, percent: Int)>((title: "", percent: -1))

  /// Reports `done` of `total` steps of a part; `detail` follows, such as a loss.
  func report(_ title: String, _ done: Int, of total: Int, detail: String = "") {
    let percent = total > 0 ? min(100, done * 100 / total) : 100
    shown.withLock { shown in
      let isNew = shown.title != title
      if isNew && isTerminal && !shown.title.isEmpty { write("\n") }
      if isTerminal {
        guard isNew || percent != shown.percent else { return }
        let filled = percent * 30 / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 30 - filled)
        write("\r\(title) [\(bar)] \(percent) % \(detail)\u{1B}[K")
      } else {
        // In a log a line a tenth is enough.
        guard isNew || percent / 10 > shown.percent / 10 else { return }
        write("\(title) \(done)/\(total) \(detail)\n")
      }
      shown = (title, percent)
    }
  }

  /// Ends the bar's line.
  func finish() {
    shown.withLock { shown in
      if isTerminal && !shown.title.isEmpty { write("\n") }
      shown = ("", -1)
    }
  }

  private func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
