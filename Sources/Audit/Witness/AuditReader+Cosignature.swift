// SPDX-License-Identifier: Apache-2.0
extension AuditReader {
  /// The size of the largest checkpoint that is kept with a witness's cosignature; 0 for none.
  package func lastCosigned(by witness: NoteKey) throws(AuditError) -> Int64 {
    try read { database in
      try database.number("SELECT max(size) FROM cosignature WHERE witness = ?", [.text(witness.name)]) ?? 0
    }
  }

  /// Asks a witness to cosign the newest checkpoint.
  ///
  /// - Parameter post: sends a body to the witness's `/add-checkpoint` and gives its answer, nil when it gave none.
  /// - Returns: the checkpoint with the log's and the witness's signatures.
  /// - Throws: `witnessSilent`; `witnessRefused` when it does not know the log or its key; `witnessContradicts` when what it
  ///   cosigned before is not the beginning of this trail.
  package func cosigned(
    by witness: NoteKey, post: (String) async -> Witness.Answer?
  ) async throws(AuditError) -> SignedNote {
    var old = try lastCosigned(by: witness)
    // A second time when the witness has cosigned more than was kept here.
    for _ in 0..<2 {
      let (proof, checkpoint) = try consistency(from: old)
      let request = AddCheckpointRequest(old: old, proof: proof, checkpoint: checkpoint)
      guard let answer = await post(request.body) else { throw AuditError(.witnessSilent) }
      switch answer.status {
      case 200:
        let lines = answer.body.split(separator: "\n").compactMap { SignedNote.Signature(line: $0) }
        let signatures = lines.filter { $0.name == witness.name && $0.keyID == witness.id }
        guard !signatures.isEmpty, signatures.allSatisfy({ witness.isValid($0.bytes, of: checkpoint.text) }) else {
          throw AuditError(.witnessRefused, systemCode: 200)
        }
        var note = checkpoint
        note.signatures += signatures
        return note
      case 409:
        let size = Checkpoint.number(answer.body.prefix { $0 != "\n" })
        guard let size, size != old, size <= Checkpoint(text: checkpoint.text)?.size ?? 0 else {
          throw AuditError(.witnessContradicts, sequence: size)
        }
        old = size
      case 422: throw AuditError(.witnessContradicts, sequence: old)
      default: throw AuditError(.witnessRefused, systemCode: Int32(truncatingIfNeeded: answer.status))
      }
    }
    throw AuditError(.witnessContradicts, sequence: old)
  }
}

extension AuditTrail {
  /// Keeps a cosigned checkpoint for good: proofs of the records it covers lead to it from now on.
  ///
  /// - Parameter note: the log's and the witness's signatures, as `AuditReader.cosigned` gives them.
  package func keep(_ note: SignedNote, of witness: NoteKey) async throws(AuditError) {
    guard let checkpoint = Checkpoint(text: note.text),
      let cosignature = note.signatures.first(where: { $0.name == witness.name && $0.keyID == witness.id })
    else { throw AuditError(.witnessRefused) }
    let own = SignedNote(text: note.text, signatures: note.signatures.filter { $0.name == checkpoint.origin })
    try await write { database in
      try TileStore.keep(size: checkpoint.size, note: own.description, into: database)
      try database.execute(
        "INSERT INTO cosignature (size, witness, line) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [.number(checkpoint.size), .text(witness.name), .text(cosignature.line)])
    }
  }
}
