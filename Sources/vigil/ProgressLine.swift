// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Progress of long work on standard error: one line that is rewritten on a terminal, nothing anywhere else.
struct ProgressLine {
  private let total: Int
  private let noun: String
  private var done = 0
  private var shown = 0
  private let started = ContinuousClock.now
  private let isTerminal = isatty(2) == 1

  init(total: Int, noun: String) {
    self.total = total
    self.noun = noun
  }

  /// One more is done.
  mutating func advance() {
    done += 1
    let percent = done * 100 / max(total, 1)
    guard isTerminal, percent > shown || done == total else { return }
    shown = percent
    let seconds = Double((ContinuousClock.now - started).components.seconds)
    let left = Int(seconds / Double(done) * Double(total - done))
    FileHandle.standardError.write(Data("\r\(done) of \(total) \(noun), \(percent) %, \(left) s left   ".utf8))
  }

  /// The work is over.
  func end() {
    if isTerminal, done > 0 { FileHandle.standardError.write(Data("\n".utf8)) }
  }
}
