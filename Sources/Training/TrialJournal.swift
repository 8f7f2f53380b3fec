// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The finished trials of a search, a line each: what a search that ended in any way, kill -9 among them, goes on from.
///
/// The first line names the search. A line is written whole or not read: what a kill left torn is done again.
package final class TrialJournal {
  private struct Line: Codable {
    var trial: NestedValidation.Trial
    /// Bit patterns, so that a resumed search chooses by the very same numbers.
    var scores: [UInt64]
  }

  /// What was found in it.
  package private(set) var scores: [NestedValidation.Trial: [Double]] = [:]
  private let file: FileHandle

  /// Opens or makes a journal.
  ///
  /// - Parameter identity: what decides the scores: settings, data, folds and seed.
  /// - Throws: `ExperimentError.foreignCheckpoint` when it is of another search, `unwritable`.
  package init(path: String, identity: String) throws(ExperimentError) {
    let known = FileManager.default.contents(atPath: path) ?? Data()
    var lines = known.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // After the last line end stands nothing, or what a kill left.
    let torn = lines.isEmpty ? 0 : lines.removeLast().count
    if let first = lines.first {
      guard first == Data(identity.utf8) else { throw ExperimentError(.foreignCheckpoint, detail: path) }
    }
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else { throw ExperimentError(.unwritable, detail: path) }
    self.file = file
    for line in lines.dropFirst() {
      guard let entry = try? JSONDecoder().decode(Line.self, from: line) else { continue }
      scores[entry.trial] = entry.scores.map { Double(bitPattern: $0) }
    }
    do {
      try file.truncate(atOffset: UInt64(known.count - torn))
      if lines.isEmpty { try append(Data(identity.utf8)) }
    } catch {
      throw ExperimentError(.unwritable, detail: path)
    }
  }

  /// Keeps a finished trial, on the disk before it returns.
  package func append(_ trial: NestedValidation.Trial, _ scores: [Double]) throws {
    self.scores[trial] = scores
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try append(try encoder.encode(Line(trial: trial, scores: scores.map(\.bitPattern))))
  }

  private func append(_ line: Data) throws {
    try file.seekToEnd()
    try file.write(contentsOf: line + Data("\n".utf8))
    try file.synchronize()
  }
}
