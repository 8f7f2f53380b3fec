// SPDX-License-Identifier: Apache-2.0

/// The right edge of a growing Merkle tree: the roots of its largest whole subtrees, which are all that its next leaf and its
/// root need. At most 63 hashes, whatever the size.
package struct MerkleFrontier: Sendable, Equatable {
  /// Leaves so far.
  package private(set) var size: Int64 = 0
  /// One root for each bit set in `size`, the largest subtree first.
  private var peaks: [MerkleHash] = []

  /// The edge of the empty tree.
  package init() {}

  /// Adds the next leaf by its hash.
  package mutating func append(_ leaf: MerkleHash) {
    var hash = leaf
    // As in binary counting: every trailing 1 of the size is a finished subtree that this leaf makes a pair with.
    for _ in 0..<(~size).trailingZeroBitCount { hash = .node(peaks.removeLast(), hash) }
    peaks.append(hash)
    size += 1
  }

  /// The root over all leaves so far.
  package var root: MerkleHash {
    guard var hash = peaks.last else { return .empty }
    for peak in peaks.dropLast().reversed() { hash = .node(peak, hash) }
    return hash
  }
}
