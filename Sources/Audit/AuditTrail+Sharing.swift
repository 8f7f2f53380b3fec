// SPDX-License-Identifier: Apache-2.0

/// What a trail that several processes write asks for besides: each takes in what the others have written before it writes, and the
/// store sees to it that one writes at a time.
extension AuditTrail {
  /// Whether other processes write as well.
  package var isShared: Bool { store.isShared }

  /// Goes on from the last record, whoever wrote it.
  ///
  /// - Throws: `keyUnusable` when another process gave the log a new key that is not in this one's folder yet.
  func catchUp(_ tree: inout TrailTree, _ block: inout RecordBlock, _ database: any TrailDatabase) throws {
    guard let head = try TileStore.head(in: database), head.size != tree.size else { return }
    let deeds = try database.query(
      "\(StoredRecord.select) WHERE sequence > ? AND kind IN ('erasure', 'key') ORDER BY sequence",
      [.number(tree.size)],
      StoredRecord.record)
    for record in deeds where record.entry.kind == .erasure {
      subjects.destroyed(ErasureNote.keys(in: record.entry.note ?? ""))
    }
    var signer = tree.signer
    if let last = deeds.last(where: { $0.entry.kind == .key }), last.entry.note != signer.key.vkey {
      signer = try directory.loadCheckpointKey()
      guard last.entry.note == signer.key.vkey else { throw AuditError(.keyUnusable, sequence: last.sequence) }
    }
    tree = try TrailTree(signer: signer, database: database)
    try BlockStore.extend(&block, in: database)
  }

  /// The first answers and feedback behind a record, which other processes may have written; none where no others write.
  ///
  /// - Throws: `AuditError` when the trail cannot be read.
  package func shown(after sequence: Int64, limit: Int) throws(AuditError) -> [AuditRecord] {
    guard isShared else { return [] }
    return try read { database in
      try database.query(
        "\(StoredRecord.select) WHERE sequence > ? AND kind IN ('answer', 'feedback') ORDER BY sequence LIMIT ?",
        [.number(sequence), .number(Int64(limit))], StoredRecord.record)
    }
  }

  /// Tries a trail again that could not be written, so that it is writable before the next answer is asked for.
  package func retry() async {
    guard isShared, !isWritable else { return }
    // An empty transaction: whether records can be written shows with the next one.
    if (try? await write { _ in }) != nil { setWritable(true) }
  }

  /// What operators said, where every process on the trail sees it; nil when nothing was said yet.
  ///
  /// Asked all the time, so that it shows at once when the store is gone.
  package func control() throws(AuditError) -> [UInt8]? {
    do throws(AuditError) {
      return try read(SharedControl.content)
    } catch {
      setWritable(false)
      throw error
    }
  }
}

extension DataDirectory.Keys {
  /// Holds the keys against those of the other processes on the trail: with another key half of a patient's history would not be
  /// found, or not be opened. The log's own key is compared by its name in the newest head.
  ///
  /// - Throws: `keyUnusable`.
  func confirm(in database: any TrailDatabase) throws {
    for (name, digest) in [("pseudonym", pseudonym.fingerprint), ("root", root.fingerprint)] {
      try database.execute(
        "INSERT INTO shared_key (name, digest) VALUES (?, ?) ON CONFLICT DO NOTHING", [.text(name), .bytes(digest)])
      let known = try database.query("SELECT digest FROM shared_key WHERE name = ?", [.text(name)]) { $0.bytes(0) }
      guard known.first == digest else { throw AuditError(.keyUnusable) }
    }
  }
}
