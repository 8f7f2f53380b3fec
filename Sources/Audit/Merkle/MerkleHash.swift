// SPDX-License-Identifier: Apache-2.0
import Crypto

/// A hash of the trail's Merkle tree: SHA-256, with leaves and inner nodes told apart by a first byte, so that no leaf can be
/// passed off as a node (RFC 6962 section 2.1).
package struct MerkleHash: Sendable, Hashable {
  /// 32 bytes.
  package let bytes: [UInt8]

  /// How long every hash is.
  package static let length = 32

  /// A hash read from somewhere; nil unless it has 32 bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = Array(bytes)
  }

  private init(_ digest: SHA256.Digest) {
    bytes = Array(digest)
  }

  /// The root of the tree without leaves: the hash of nothing.
  package static let empty = MerkleHash(SHA256.hash(data: [UInt8]()))

  /// The hash of a leaf: SHA-256(0x00 || leaf).
  package static func leaf(_ leaf: [UInt8]) -> MerkleHash {
    var hash = SHA256()
    hash.update(data: [0x00])
    hash.update(data: leaf)
    return MerkleHash(hash.finalize())
  }

  /// The hash of an inner node: SHA-256(0x01 || left || right).
  package static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
    var hash = SHA256()
    hash.update(data: [0x01] + left.bytes + right.bytes)
    return MerkleHash(hash.finalize())
  }

  /// The root over hashes that stand side by side (RFC 6962 section 2.1, MTH).
  package static func root(over hashes: ArraySlice<MerkleHash>) -> MerkleHash {
    if hashes.count <= 1 { return hashes.first ?? .empty }
    let middle = hashes.startIndex + Int(Self.split(Int64(hashes.count)))
    return node(root(over: hashes[..<middle]), root(over: hashes[middle...]))
  }

  /// The largest power of two below `count`, which is at least 2: where RFC 6962 splits a tree.
  static func split(_ count: Int64) -> Int64 {
    1 << (Int64.bitWidth - 1 - (count - 1).leadingZeroBitCount)
  }
}
