// SPDX-License-Identifier: Apache-2.0

/// A run of up to 256 hashes of one level of the tree, as it is stored (C2SP tlog-tiles): level 0 holds leaves, level 1 the roots
/// of whole tiles of level 0, and so on. Whole tiles never change; the last of each level grows.
package struct MerkleTile: Sendable, Equatable {
  /// Hashes in a whole tile.
  package static let width = 256
  /// Levels of the binary tree that one level of tiles spans.
  static let height = 8

  /// The level of tiles: hashes stand for 256^`level` leaves each.
  package var level: Int
  /// 0 for the leftmost tile of its level.
  package var position: Int64
  /// In order, 1 to 256.
  package var hashes: [MerkleHash]

  /// A tile of its parts.
  package init(level: Int, position: Int64, hashes: [MerkleHash]) {
    self.level = level
    self.position = position
    self.hashes = hashes
  }

  /// The hashes end to end, 32 bytes each.
  package var bytes: [UInt8] {
    // A hash is 32 bytes in memory and nothing else; they are copied while the array lives.
    unsafe hashes.withUnsafeBytes { unsafe Array($0) }
  }

  /// Reads hashes that stand end to end; nil when there are none, too many or a broken one.
  package init?(level: Int, position: Int64, bytes: [UInt8]) {
    guard !bytes.isEmpty, bytes.count % MerkleHash.length == 0, bytes.count <= Self.width * MerkleHash.length
    else { return nil }
    self.init(
      level: level, position: position,
      hashes: stride(from: 0, to: bytes.count, by: MerkleHash.length).compactMap {
        MerkleHash(bytes: bytes[$0..<($0 + MerkleHash.length)])
      })
  }

  /// Where the binary node (`level`, `index`) is found: the tile, and the run of its hashes whose root the node is.
  static func place(level: Int, index: Int64) -> (level: Int, position: Int64, hashes: Range<Int>) {
    let (row, above) = level.quotientAndRemainder(dividingBy: height)
    let first = index << Int64(above)
    let start = Int(first & Int64(width - 1))
    return (row, first >> Int64(height), start..<(start + 1 << above))
  }
}
