// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A program with its arguments, run by the shell (popen(3)).
///
/// For what tests start by the hundred: Foundation's `Process` on Linux crashed within `run` where some hundred tests held connections, the
/// likely reason being that it keeps a socket of each program in a set of 1,024 descriptors.
package struct ShellCommand {
  private let words: [String]

  /// - Parameter words: the program and its arguments, as they are.
  package init(_ words: [String]) { self.words = words }

  /// What it prints; nil where it cannot be run or fails.
  package func output() -> [UInt8]? {
    let quoted = words.map { "'" + $0.replacing("'", with: #"'\''"#) + "'" }.joined(separator: " ")
    // The stream lives until `pclose`; each read fills at most the buffer's own length.
    guard let stream = unsafe popen("exec \(quoted) 2>/dev/null </dev/null", "re") else { return nil }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = unsafe fread(&buffer, 1, buffer.count, stream), count > 0 { output += buffer[..<count] }
    return unsafe pclose(stream) == 0 ? output : nil
  }
}
