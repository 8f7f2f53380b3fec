// SPDX-License-Identifier: Apache-2.0
import FHIR
import Synchronization

/// What a trail that several processes write asks for besides: each takes in what the others have written before it writes, and the
/// store sees to it that one writes at a time.
extension AuditTrail {
  /// Whether other processes write as well.
  package var isShared: Bool { store.isShared }

  /// Goes on from the last record, whoever wrote it.
  ///
  /// - Throws: `setBack` when the trail is not the one that this process knows, grown; `keyUnusable` when another process gave the log a
  ///   new key, or replaced the root key, by one that is not in this one's folder yet.
  func catchUp(_ tree: inout TrailTree, _ block: inout RecordBlock, _ database: any TrailDatabase) throws {
    let head = try TileStore.checkpoint(in: database)
    for known in [tree.checkpoint, subjects.seen].compactMap(\.self) {
      guard let head, try Self.isBeginning(known, of: head, in: database) else { throw AuditError(.setBack) }
    }
    guard head?.size != tree.size else { return }
    let deeds = try database.query(
      "\(StoredRecord.select) WHERE sequence > ? AND kind IN ('erasure', 'key', 'root-key') ORDER BY sequence",
      [.number(tree.size)],
      StoredRecord.record)
    for record in deeds where record.entry.kind == .erasure {
      subjects.destroyed(ErasureNote.keys(in: record.entry.note ?? ""))
    }
    if let replaced = deeds.compactMap({ RootKeyReplacement($0) }).last {
      // Before anything is inserted: no data key is wrapped under the old one any more, by whomever.
      try subjects.root.enforce(replaced.fingerprint)
      isRootKeyDue.withLock { $0 = true }
    }
    var signer = tree.signer
    if let last = deeds.last(where: { $0.entry.kind == .key }), last.entry.note != signer.key.vkey {
      // It may be of this folder, by a rotation of which was not heard that it is on record.
      directory.adoptNextCheckpointKey(introduced: last.entry.note)
      signer = try directory.loadCheckpointKey()
      guard last.entry.note == signer.key.vkey else { throw AuditError(.keyUnusable, sequence: last.sequence) }
    }
    tree = try TrailTree(signer: signer, database: database)
    try BlockStore.extend(&block, in: database)
  }

  /// Whether one tree is the beginning of another, by the tiles.
  static func isBeginning(
    _ old: Checkpoint, of head: Checkpoint, in database: any TrailDatabase
  ) throws -> Bool {
    guard old.size > 0 else { return true }
    guard old.size <= head.size else { return false }
    if old.size == head.size { return old.root == head.root }
    let proof = try MerkleProof.consistency(from: old.size, to: head.size, TileStore.nodes(in: database))
    return MerkleProof.isConsistent(
      old: old.size, oldRoot: old.root, size: head.size, root: head.root, proof: proof)
  }

  /// The newest head: the one that this process knows, or one that the log's key signed and of which that one is the beginning.
  ///
  /// - Throws: `treeDamaged`, `setBack`.
  func confirmedHead(in database: any TrailDatabase) throws -> Checkpoint {
    let (known, signer) = state.withLock { ($0.tree.checkpoint, $0.tree.signer.key) }
    guard let note = try TileStore.head(in: database).flatMap({ SignedNote($0.note) }),
      let head = Checkpoint(text: note.text)
    else { throw AuditError(.treeDamaged) }
    if head == known { return head }
    guard head.origin == known.origin, note.isSigned(by: [signer]) else {
      throw AuditError(.treeDamaged, sequence: head.size)
    }
    guard try Self.isBeginning(known, of: head, in: database) else { throw AuditError(.setBack) }
    return head
  }

  /// What is to be said of earlier transactions that are there although they were answered with an error; nil when none is.
  func unanswered(_ undecided: [UndecidedCommit], in database: any TrailDatabase) throws -> Waiting? {
    let found = try undecided.filter { try $0.isRecorded(in: database) }
    subjects.committed(found.flatMap(\.subjects))
    let shown = found.flatMap(\.shown)
    guard let time = found.last?.time, !shown.isEmpty else { return nil }
    var entry = AuditEntry(time: time, kind: .rejection)
    entry.reason = AuditError.Code.storeUnreachable.rawValue
    entry.status = 503
    entry.note = UnansweredNote.text(shown)
    return Waiting(entry, subject: nil)
  }

  /// Whether a record is of a transaction of which this process does not know whether it is there, and which it answered with an error.
  package func isUnheard(_ record: AuditRecord) -> Bool {
    state.withLock { state in state.undecided.contains { $0.contains(record) } }
  }

  /// The first answers and feedback behind a record that other processes may have written, and what says that an answer was not heard;
  /// none where no others write.
  ///
  /// - Throws: `AuditError` when the trail cannot be read.
  package func shown(after sequence: Int64, limit: Int) async throws(AuditError) -> [AuditRecord] {
    guard isShared else { return [] }
    return try await reading { trail in
      try trail.read { database in
        try database.query(
          """
          \(StoredRecord.select) WHERE sequence > ? AND kind IN ('answer', 'feedback', 'rejection')
          ORDER BY sequence LIMIT ?
          """, [.number(sequence), .number(Int64(limit))], StoredRecord.record)
      }
    }
  }

  /// Tries a trail again that could not be written, so that it is writable before the next answer is asked for: it is read, and all is
  /// done that a commit does, with a record and a payload of which nothing stays.
  package func retry() async {
    guard isShared, state.withLock({ $0.condition != .writable && !$0.isClosed }) else { return }
    do {
      try await store.wait(on: writer) { [self] in
        _ = try read { try TileStore.head(in: $0) }
        var turn = state.withLock {
          Turn(taken: [], tree: $0.tree, block: $0.block, undecided: $0.undecided)
        }
        turn.deadline = .now + directory.patience
        try commit(&turn, isProbe: true)
        finish(&turn)
      }
    } catch {
      // It may be there again and another than before: callers are told what is wrong now.
      setUnwritable(Self.failure(error, .writeFailed))
    }
  }

  /// Sees whether there is room for a record and its payload; and whether a commit that has written something comes through.
  func probe(_ database: any TrailDatabase) throws {
    for (sql, values) in [
      ("SAVEPOINT probe", []),
      ("INSERT INTO record (sequence, leaf, time, kind) VALUES (0, ?, 0, 'start')", [.bytes([])]),
      // Larger than what is free in the pages that there are.
      (
        "INSERT INTO payload (sequence, encoding, bytes) VALUES (0, 1, ?)",
        [.bytes([UInt8](repeating: 0, count: 1 << 16))]
      ),
      ("ROLLBACK TO SAVEPOINT probe", []),
    ] as [(String, [TrailValue])] {
      try database.execute(sql, values)
    }
    try TileStore.touchHead(in: database)
  }

  /// What operators said, where every process on the trail sees it; nil when nothing was said yet.
  ///
  /// Asked all the time, so that it shows at once when the store is gone or set back, and what another process could not wipe.
  package func control() async throws(AuditError) -> [UInt8]? {
    let known = max(state.withLock(\.tree.size), subjects.seen?.size ?? 0)
    do throws(AuditError) {
      return try await reading { trail in
        try trail.read { database in
          guard try TileStore.head(in: database)?.size ?? 0 >= known else { throw AuditError(.setBack) }
          if try SharedControl.isWipeDue(database) { trail.isWipeDue.withLock { $0 = true } }
          return try SharedControl.content(database)
        }
      }
    } catch {
      if error.code != .storeUnreachable { setUnwritable(error) }
      throw error
    }
  }
}

extension DataDirectory.Keys {
  /// Holds the keys against those of the other processes on the trail: with another key half of a patient's history would not be
  /// found, or not be opened. The log's own key is compared by its name in the newest head.
  ///
  /// - Parameter isReplaced: whether a record says which root key is in force, which then was held against it.
  /// - Throws: `keyUnusable`.
  func confirm(in database: any TrailDatabase, isReplaced: Bool) throws {
    var fingerprints = [("pseudonym", pseudonym.fingerprint)]
    if !isReplaced { fingerprints.append(("root", root.inForce.fingerprint)) }
    for (name, digest) in fingerprints {
      try database.execute(
        "INSERT INTO shared_key (name, digest) VALUES (?, ?) ON CONFLICT DO NOTHING", [.text(name), .bytes(digest)])
      let known = try database.query("SELECT digest FROM shared_key WHERE name = ?", [.text(name)]) { $0.bytes(0) }
      guard known.first == digest else { throw AuditError(.keyUnusable) }
    }
  }
}
