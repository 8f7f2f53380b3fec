// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

/// The proof vectors of transparency-dev/merkle: 196 of inclusion and consistency, of which 184 must fail.
@Suite struct MerkleVectorTests {
  private struct Vector: Decodable {
    var leafIdx: UInt64?
    var treeSize: UInt64?
    var root: String?
    var leafHash: String?
    var size1: UInt64?
    var size2: UInt64?
    var root1: String?
    var root2: String?
    var proof: [String]?
    var desc: String
    var wantErr: Bool
  }

  private static func vectors(_ kind: String) throws -> [Vector]? {
    guard let root = ProcessInfo.processInfo.environment["VIGIL_DATA_UNPACKED"] else {
      print("skipped: bad-input is not at hand; set VIGIL_DATA_UNPACKED")
      return nil
    }
    let folder = URL(filePath: "\(root)/bad-input/merkle-proof-vectors/testdata/\(kind)")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "json" }.map {
      try JSONDecoder().decode(Vector.self, from: Data(contentsOf: $0))
    }
  }

  /// Some vectors have words in the place of hashes, where they must not matter: each word stands for a hash of its own. Nothing
  /// at all stands for none: such a vector cannot even be asked, and so does not hold.
  private static func hash(_ text: String?) throws -> MerkleHash? {
    let encoded = try #require(text)
    let bytes = try #require(Data(base64Encoded: encoded))
    return bytes.isEmpty ? nil : MerkleHash(bytes: bytes) ?? .leaf(Array(bytes))
  }

  @Test func inclusion() throws {
    guard let vectors = try Self.vectors("inclusion") else { return }
    #expect(vectors.count == 98 && vectors.count(where: \.wantErr) == 92)
    for vector in vectors {
      let index = Int64(bitPattern: try #require(vector.leafIdx))
      let size = Int64(bitPattern: try #require(vector.treeSize))
      let path = try (vector.proof ?? []).map(Self.hash)
      let holds =
        if let leaf = try Self.hash(vector.leafHash), let root = try Self.hash(vector.root), !path.contains(nil) {
          MerkleProof.includes(leaf: leaf, index: index, size: size, root: root, path: path.compactMap(\.self))
        } else { false }
      #expect(holds == !vector.wantErr, "\(vector.desc)")
    }
  }

  @Test func consistency() throws {
    guard let vectors = try Self.vectors("consistency") else { return }
    #expect(vectors.count == 98 && vectors.count(where: \.wantErr) == 92)
    for vector in vectors {
      let old = Int64(bitPattern: try #require(vector.size1))
      let size = Int64(bitPattern: try #require(vector.size2))
      let proof = try (vector.proof ?? []).map(Self.hash)
      let holds =
        if let oldRoot = try Self.hash(vector.root1), let root = try Self.hash(vector.root2), !proof.contains(nil) {
          MerkleProof.isConsistent(
            old: old, oldRoot: oldRoot, size: size, root: root, proof: proof.compactMap(\.self))
        } else { false }
      #expect(holds == !vector.wantErr, "\(vector.desc)")
    }
  }
}
