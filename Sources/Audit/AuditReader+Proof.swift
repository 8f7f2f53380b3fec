// SPDX-License-Identifier: Apache-2.0
extension AuditReader {
  /// The newest signed checkpoint.
  package func head() throws(AuditError) -> SignedNote {
    try read { database in
      guard let head = try TileStore.head(in: database), let note = SignedNote(head.note) else {
        throw AuditError(.treeDamaged)
      }
      return note
    }
  }

  /// The proof that a record is in the trail: under the oldest checkpoint with witnesses' signatures that covers it, else under
  /// the newest of the log alone.
  ///
  /// - Throws: `notFound`; `treeDamaged` when a hash that the path needs is missing.
  package func proof(of sequence: Int64) throws(AuditError) -> ProofFile {
    try read { database in
      guard
        let leaf = try database.query(
          "SELECT leaf FROM record WHERE sequence = ?", [.number(sequence)], { $0.bytes(0) }
        ).first ?? nil,
        let note = try Self.introducing(leaf, sequence, in: database)
          ?? Self.cosigned(sequence...Int64.max, in: database)
          ?? TileStore.head(in: database).flatMap({ SignedNote($0.note) })
      else { throw AuditError(.notFound, sequence: sequence) }
      guard let checkpoint = Checkpoint(text: note.text), checkpoint.size >= sequence else {
        throw AuditError(.treeDamaged, sequence: sequence)
      }
      let path = try MerkleProof.inclusion(
        of: sequence - 1, size: checkpoint.size, TileStore.nodes(in: database))
      return ProofFile(leaf: leaf, index: sequence - 1, path: path, checkpoint: note)
    }
  }

  /// That the trail of `old` records is the beginning of the newest signed one: what a witness asks for.
  ///
  /// - Throws: `notFound` when the trail was never that large.
  package func consistency(from old: Int64) throws(AuditError) -> (proof: [MerkleHash], checkpoint: SignedNote) {
    try read { database in
      guard let head = try TileStore.head(in: database), let note = SignedNote(head.note) else {
        throw AuditError(.treeDamaged)
      }
      guard old >= 0, old <= head.size else { throw AuditError(.notFound, sequence: old) }
      return (try MerkleProof.consistency(from: old, to: head.size, TileStore.nodes(in: database)), note)
    }
  }

  /// Of a record that introduces the log's next key the checkpoint that covers it first, which is the last of the key before: whoever
  /// has that key checks the next by it.
  private static func introducing(
    _ leaf: [UInt8], _ sequence: Int64, in database: any TrailDatabase
  ) throws -> SignedNote? {
    guard AuditRecord(leaf: leaf)?.entry.kind == .key else { return nil }
    return try database.query("SELECT note FROM checkpoint WHERE size = ?", [.number(sequence)]) { $0.text(0) }.first?
      .flatMap { SignedNote($0) }
  }

  /// The smallest kept checkpoint of so many records that a witness signed, or the largest, with all its signatures.
  static func cosigned(
    _ sizes: ClosedRange<Int64>, isLargest: Bool = false, in database: any TrailDatabase
  ) throws -> SignedNote? {
    let kept = try database.query(
      """
      SELECT size, note FROM checkpoint WHERE size >= ? AND size <= ? AND size IN (SELECT size FROM cosignature)
      ORDER BY size \(isLargest ? "DESC" : "ASC") LIMIT 1
      """, [.number(sizes.lowerBound), .number(sizes.upperBound)]
    ) { (size: $0.number(0), note: $0.text(1).flatMap { SignedNote($0) }) }
    guard let kept = kept.first, var note = kept.note else { return nil }
    note.signatures += try database.query(
      "SELECT line FROM cosignature WHERE size = ? ORDER BY witness", [.number(kept.size)]
    ) { $0.text(0) }.compactMap { $0.flatMap { SignedNote.Signature(line: $0.dropLast()) } }
    return note
  }
}
