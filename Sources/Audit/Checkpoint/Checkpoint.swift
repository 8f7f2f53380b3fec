// SPDX-License-Identifier: Apache-2.0

/// What a log says about itself: so many leaves, this root (C2SP tlog-checkpoint). Signed, it commits the log to every record
/// below `size`.
package struct Checkpoint: Sendable, Equatable {
  /// Name of the log, unique and for ever the same.
  package var origin: String
  /// Leaves of the tree.
  package var size: Int64
  /// Its root.
  package var root: MerkleHash

  /// A checkpoint of its parts.
  package init(origin: String, size: Int64, root: MerkleHash) {
    self.origin = origin
    self.size = size
    self.root = root
  }

  /// Three lines: origin, size, root in Base 64. What is signed.
  package var text: String { "\(origin)\n\(size)\n\(Base64.text(root.bytes))\n" }

  /// Reads the text of a checkpoint; lines after the third are a log's own extensions and allowed.
  package init?(text: String) {
    guard text.utf8.last == UInt8(ascii: "\n") else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    guard lines.count >= 3, !lines[0].isEmpty, let size = Self.number(lines[1]),
      let bytes = Base64.bytes(lines[2]), let root = MerkleHash(bytes: bytes),
      lines.dropFirst(3).allSatisfy({ !$0.isEmpty })
    else { return nil }
    self.init(origin: String(lines[0]), size: size, root: root)
  }

  /// A decimal without sign and leading zeroes.
  static func number(_ text: some StringProtocol) -> Int64? {
    guard let number = Int64(text), number >= 0, String(number) == text else { return nil }
    return number
  }
}
