// SPDX-License-Identifier: Apache-2.0

/// Proofs that hold against nothing but roots: that a leaf is in a tree, and that one tree is the beginning of another.
///
/// Making one needs the hashes of whole subtrees, which `MerkleProof.Nodes` gives; checking one needs only the proof.
package enum MerkleProof {
  /// Gives the hash of the whole subtree of 2^`level` leaves that begins at leaf `index` x 2^`level`.
  package typealias Nodes<Failure: Error> = (_ level: Int, _ index: Int64) throws(Failure) -> MerkleHash

  // MARK: - Making (RFC 6962 sections 2.1, 2.1.1 and 2.1.2)

  /// The root of the first `size` leaves.
  package static func root<Failure>(size: Int64, _ nodes: Nodes<Failure>) throws(Failure) -> MerkleHash {
    size == 0 ? .empty : try hash(0, size, nodes)
  }

  /// The path from leaf `index` to the root of the first `size` leaves, the leaf's sibling first.
  ///
  /// - Precondition: `0 <= index < size`.
  package static func inclusion<Failure>(
    of index: Int64, size: Int64, _ nodes: Nodes<Failure>
  ) throws(Failure) -> [MerkleHash] {
    precondition(index >= 0 && index < size)
    var path: [MerkleHash] = []
    var low: Int64 = 0
    var high = size
    while high - low > 1 {
      let middle = low + MerkleHash.split(high - low)
      if index < middle {
        path.append(try hash(middle, high, nodes))
        high = middle
      } else {
        path.append(try hash(low, middle, nodes))
        low = middle
      }
    }
    return path.reversed()
  }

  /// That the first `old` leaves are the beginning of the first `size`; empty when both are the same tree or the old one is empty.
  ///
  /// - Precondition: `0 <= old <= size`.
  package static func consistency<Failure>(
    from old: Int64, to size: Int64, _ nodes: Nodes<Failure>
  ) throws(Failure) -> [MerkleHash] {
    precondition(old >= 0 && old <= size)
    guard old > 0, old < size else { return [] }
    var proof: [MerkleHash] = []
    var low: Int64 = 0
    var high = size
    // SUBPROOF(m, D[n], b): b is true while the old tree's own root is the subtree in hand, which the verifier knows.
    while old < high {
      let middle = low + MerkleHash.split(high - low)
      if old <= middle {
        proof.append(try hash(middle, high, nodes))
        high = middle
      } else {
        proof.append(try hash(low, middle, nodes))
        low = middle
      }
    }
    if low > 0 { proof.append(try hash(low, high, nodes)) }
    return proof.reversed()
  }

  private static func hash<Failure>(
    _ low: Int64, _ high: Int64, _ nodes: Nodes<Failure>
  ) throws(Failure) -> MerkleHash {
    let count = high - low
    // A power of two at an aligned place is one stored node; splitting as RFC 6962 does keeps every left part so.
    if count.nonzeroBitCount == 1 {
      let level = count.trailingZeroBitCount
      return try nodes(level, low >> Int64(level))
    }
    let middle = low + MerkleHash.split(count)
    return .node(try hash(low, middle, nodes), try hash(middle, high, nodes))
  }

  // MARK: - Checking (RFC 9162 sections 2.1.3.2 and 2.1.4.2)

  /// Whether `leaf` is leaf `index` of the tree of `size` leaves with this root.
  package static func includes(
    leaf: MerkleHash, index: Int64, size: Int64, root: MerkleHash, path: [MerkleHash]
  ) -> Bool {
    guard index >= 0, index < size else { return false }
    var node = index
    var last = size - 1
    var hash = leaf
    for sibling in path {
      guard last > 0 else { return false }
      if node & 1 == 1 || node == last {
        hash = .node(sibling, hash)
        while node & 1 == 0, node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        hash = .node(hash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && hash == root
  }

  /// Whether the tree of `old` leaves with `oldRoot` is the beginning of the tree of `size` leaves with `root`. Of an empty tree
  /// nothing can be proved: it is the beginning of every other.
  package static func isConsistent(
    old: Int64, oldRoot: MerkleHash, size: Int64, root: MerkleHash, proof: [MerkleHash]
  ) -> Bool {
    guard old > 0, old <= size else { return false }
    if old == size { return proof.isEmpty && oldRoot == root }
    guard !proof.isEmpty else { return false }
    // The old tree's root is the first hash when it is one whole subtree.
    let path = old.nonzeroBitCount == 1 ? [oldRoot] + proof : proof
    var node = old - 1
    var last = size - 1
    while node & 1 == 1 {
      node >>= 1
      last >>= 1
    }
    var oldHash = path[0]
    var hash = path[0]
    for sibling in path.dropFirst() {
      guard last > 0 else { return false }
      if node & 1 == 1 || node == last {
        oldHash = .node(sibling, oldHash)
        hash = .node(sibling, hash)
        while node & 1 == 0, node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        hash = .node(hash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && oldHash == oldRoot && hash == root
  }
}
