// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// The lines of a file one after the other, whose bytes are hashed on the way: however many there are, one is in memory.
struct EvidenceLines {
  private static let piece = 1 << 18
  /// Bytes of a line, its newline among them: who made the folder does not say how much memory it takes.
  static let most = 1 << 28

  private let file: FileHandle
  private var read: [UInt8] = []
  private var start = 0
  private var hash = SHA256()
  /// Lines that were given.
  private(set) var count = 0

  /// - Returns: nil when the file cannot be read.
  init?(_ path: String) {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    self.file = file
  }

  /// The next line without its newline, which ends every line; nil at the end.
  ///
  /// - Throws: `notALine` for one that is too long, for a last one that is cut short, and where the file cannot be read on.
  mutating func next() throws(ProofFile.Fault) -> [UInt8]? {
    var looked = start
    while true {
      if let end = read[looked...].firstIndex(of: UInt8(ascii: "\n")), end - start < Self.most {
        defer { start = end + 1 }
        count += 1
        return Array(read[start..<end])
      }
      read.removeSubrange(..<start)
      start = 0
      looked = read.count
      guard looked < Self.most else {
        count += 1
        throw .notALine
      }
      guard let more = try? file.read(upToCount: Self.piece) ?? Data() else { throw .notALine }
      hash.update(data: more)
      read += more
      if more.isEmpty {
        guard read.isEmpty else {
          count += 1
          throw .notALine
        }
        return nil
      }
    }
  }

  /// SHA-256 of the file in hexadecimal, once all lines were given.
  var digest: String { AuditRecord.hexadecimal(Array(hash.finalize())) }
}
