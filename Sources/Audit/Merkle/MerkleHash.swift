// SPDX-License-Identifier: Apache-2.0
import Crypto

/// A hash of the trail's Merkle tree: SHA-256, with leaves and inner nodes told apart by a first byte, so that no leaf can be
/// passed off as a node (RFC 6962 section 2.1).
package struct MerkleHash: Sendable, Hashable {
  /// The 32 bytes as they stand in memory: a tree of millions is hashed without one allocation for each.
  private let words: SIMD4<UInt64>

  private static let leafPrefix: [UInt8] = [0x00]
  private static let nodePrefix: [UInt8] = [0x01]

  /// How long every hash is.
  package static let length = 32

  /// 32 bytes.
  package var bytes: [UInt8] {
    // The copy ends before the words do.
    unsafe withUnsafeBytes(of: words) { unsafe Array($0) }
  }

  /// A hash read from somewhere; nil unless it has 32 bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.length else { return nil }
    var words = SIMD4<UInt64>()
    // The buffer is exactly the 32 bytes that are written.
    unsafe withUnsafeMutableBytes(of: &words) { buffer in
      var place = 0
      for byte in bytes {
        unsafe buffer[place] = byte
        place += 1
      }
    }
    self.words = words
  }

  /// The same of bytes that lie somewhere.
  init?(_ bytes: Span<UInt8>) {
    guard bytes.count == Self.length else { return nil }
    // As many bytes as the words have.
    words = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: SIMD4<UInt64>.self) }
  }

  private init(_ digest: SHA256.Digest) {
    // A digest is 32 bytes; they are copied out while it lives.
    words = unsafe digest.withUnsafeBytes { unsafe $0.loadUnaligned(as: SIMD4<UInt64>.self) }
  }

  /// The root of the tree without leaves: the hash of nothing.
  package static let empty = MerkleHash(SHA256.hash(data: [UInt8]()))

  /// The hash of a leaf: SHA-256(0x00 || leaf).
  package static func leaf(_ leaf: [UInt8]) -> MerkleHash {
    // The buffer lives for the call.
    unsafe leaf.withUnsafeBytes { unsafe self.leaf($0) }
  }

  /// The hash of a leaf that lies in somebody else's memory, which must live for the call.
  @unsafe static func leaf(_ leaf: UnsafeRawBufferPointer) -> MerkleHash {
    var hash = SHA256()
    hash.update(data: leafPrefix)
    unsafe hash.update(bufferPointer: leaf)
    return MerkleHash(hash.finalize())
  }

  /// The hash of an inner node: SHA-256(0x01 || left || right).
  package static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
    var hash = SHA256()
    hash.update(data: nodePrefix)
    // Two values of 32 bytes each that live for the call.
    unsafe withUnsafeBytes(of: left.words) { unsafe hash.update(bufferPointer: $0) }
    unsafe withUnsafeBytes(of: right.words) { unsafe hash.update(bufferPointer: $0) }
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
