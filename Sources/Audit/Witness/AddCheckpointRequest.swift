// SPDX-License-Identifier: Apache-2.0

/// What a log asks of a witness: to cosign a checkpoint that grew out of the one it cosigned last (C2SP tlog-witness,
/// `add-checkpoint`).
package struct AddCheckpointRequest: Sendable, Equatable {
  /// A consistency proof has no more hashes.
  private static let longestProof = 63

  /// Size of the checkpoint that the witness cosigned last, 0 for none.
  package var old: Int64
  /// That the tree of `old` leaves is the beginning of the new one.
  package var proof: [MerkleHash]
  /// The new checkpoint with the log's signature.
  package var checkpoint: SignedNote

  /// A request of its parts.
  package init(old: Int64, proof: [MerkleHash], checkpoint: SignedNote) {
    self.old = old
    self.proof = proof
    self.checkpoint = checkpoint
  }

  /// The body: `old N`, the proof's hashes a line each, an empty line, the signed checkpoint.
  package var body: String {
    "old \(old)\n" + proof.map { Base64.text($0.bytes) + "\n" }.joined() + "\n" + checkpoint.description
  }

  /// Reads a body; nil when it is none.
  package init?(body: String) {
    let lines = body.split(separator: "\n", maxSplits: Self.longestProof + 2, omittingEmptySubsequences: false)
    guard let first = lines.first, first.hasPrefix("old "), let old = Checkpoint.number(first.dropFirst(4)),
      let end = lines.firstIndex(of: ""), end + 1 < lines.count, end - 1 <= Self.longestProof,
      let checkpoint = SignedNote(String(body[lines[end + 1].startIndex...]))
    else { return nil }
    var proof: [MerkleHash] = []
    for line in lines[1..<end] {
      guard let bytes = Base64.bytes(line), let hash = MerkleHash(bytes: bytes) else { return nil }
      proof.append(hash)
    }
    self.init(old: old, proof: proof, checkpoint: checkpoint)
  }
}
