// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

/// The tree against RFC 6962 written down as it stands there, for every size and every pair.
@Suite struct MerkleProofTests {
  static let leaves = (0..<300).map { MerkleHash.leaf(Array("leaf \($0)".utf8)) }

  /// MTH(D[n]) of RFC 6962 section 2.1.
  private func mth(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
    guard let first = leaves.first else { return .empty }
    if leaves.count == 1 { return first }
    var k = 1
    while k * 2 < leaves.count { k *= 2 }
    return .node(mth(leaves.prefix(k)), mth(leaves.dropFirst(k)))
  }

  private func nodes(level: Int, index: Int64) throws(Never) -> MerkleHash {
    let width = 1 << level
    return mth(Self.leaves[(Int(index) * width)..<((Int(index) + 1) * width)])
  }

  @Test func theKnownRoots() {
    // RFC 6962's empty tree, and the reference tree of Certificate Transparency's own tests.
    #expect(hexadecimal(MerkleHash.empty) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      hexadecimal(MerkleHash.leaf([])) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    let leaves = inputs.map { MerkleHash.leaf(bytes($0)) }
    #expect(
      hexadecimal(mth(leaves[...])) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
  }

  @Test func theEdgeHasTheRootOfEverySize() {
    var frontier = MerkleFrontier()
    for size in 0..<Self.leaves.count {
      #expect(frontier.root == mth(Self.leaves[..<size]))
      #expect(MerkleProof.root(size: Int64(size), nodes) == frontier.root)
      #expect(MerkleHash.root(over: Self.leaves[..<size]) == frontier.root)
      frontier.append(Self.leaves[size])
    }
  }

  @Test func everyLeafOfEverySizeIsProved() {
    for size in 1...70 {
      let root = mth(Self.leaves[..<size])
      for index in 0..<size {
        let path = MerkleProof.inclusion(of: Int64(index), size: Int64(size), nodes)
        func holds(_ leaf: MerkleHash, _ index: Int, _ size: Int, _ root: MerkleHash, _ path: [MerkleHash]) -> Bool {
          MerkleProof.includes(leaf: leaf, index: Int64(index), size: Int64(size), root: root, path: path)
        }
        let leaf = Self.leaves[index]
        #expect(holds(leaf, index, size, root, path))
        #expect(!holds(Self.leaves[index + 1], index, size, root, path))
        #expect(!holds(leaf, index, size, .empty, path))
        #expect(!holds(leaf, index, size, root, path + [root]))
        #expect(!holds(leaf, index, size, root, [root] + path))
        #expect(size == 1 || !holds(leaf, index, size, root, Array(path.dropLast())))
        #expect(!holds(leaf, size, size, root, path) && !holds(leaf, -1, size, root, path))
      }
    }
  }

  @Test func everyTreeIsTheBeginningOfEveryLater() {
    for size in 1...70 {
      let root = mth(Self.leaves[..<size])
      for old in 1..<(size + 1) {
        let oldRoot = mth(Self.leaves[..<old])
        let proof = MerkleProof.consistency(from: Int64(old), to: Int64(size), nodes)
        func holds(_ oldRoot: MerkleHash, _ root: MerkleHash, _ proof: [MerkleHash]) -> Bool {
          MerkleProof.isConsistent(old: Int64(old), oldRoot: oldRoot, size: Int64(size), root: root, proof: proof)
        }
        #expect(holds(oldRoot, root, proof))
        #expect(!holds(oldRoot, root, proof + [root]))
        let other = Self.leaves[299]
        #expect(!holds(other, root, proof))
        #expect(!holds(oldRoot, other, proof))
        #expect(proof.isEmpty || !holds(oldRoot, root, Array(proof.dropLast())))
        #expect(proof.isEmpty || !holds(oldRoot, root, [other] + proof.dropFirst()))
      }
    }
  }
}

func hexadecimal(_ hash: MerkleHash) -> String {
  hash.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func bytes(_ hexadecimal: String) -> [UInt8] {
  var rest = hexadecimal[...]
  var bytes: [UInt8] = []
  while !rest.isEmpty {
    bytes += UInt8(rest.prefix(2), radix: 16).map { [$0] } ?? []
    rest = rest.dropFirst(2)
  }
  return bytes
}
