// SPDX-License-Identifier: Apache-2.0
import FHIR
import Synchronization

/// How what waits gets onto the disk.
extension AuditTrail {
  /// Entries in one transaction: enough to spread the fsync, few enough that the first does not wait for the last.
  private static let mostInCommit = 128

  /// One transaction: what it begins with and what it makes of it.
  struct Turn {
    let taken: [Waiting]
    var tree: TrailTree
    var block: RecordBlock
    /// Earlier transactions of which this one finds out what became of them.
    let undecided: [UndecidedCommit]
    /// Entries that it commits, in the order of their records.
    var batch: [Waiting] = []
    /// Entries whose key was destroyed meanwhile, or that somebody else's went ahead of.
    var late: [Waiting] = []
    /// When the first of those who wait for it goes away; nil where nobody does.
    var deadline: ContinuousClock.Instant?
    /// Whether it got as far as to know what other processes wrote.
    var isCaughtUp = false
  }

  /// Runs on the writer's queue until nothing waits.
  func writeAll() {
    while var turn = nextTurn() {
      do {
        try commit(&turn)
      } catch {
        refuse(turn, error)
        continue
      }
      finish(&turn)
    }
  }

  /// What goes into the next transaction. Whoever has waited behind others for as long as anybody waits is refused.
  private func nextTurn() -> Turn? {
    let now = ContinuousClock.now
    var late: [Waiting] = []
    defer { for waiting in late { waiting.answer(.failure(AuditError(.storeUnreachable))) } }
    return state.withLock { state in
      late = state.waiting.filter { $0.isLate(at: now) }
      if !late.isEmpty { state.waiting.removeAll { $0.isLate(at: now) } }
      guard !state.waiting.isEmpty else {
        state.isWriting = false
        return nil
      }
      let ordinary = state.waiting.prefix(Self.mostInCommit).prefix { !$0.isAlone }
      let taken = Array(ordinary.isEmpty ? state.waiting.prefix(1) : ordinary)
      state.waiting.removeFirst(taken.count)
      var turn = Turn(taken: taken, tree: state.tree, block: state.block, undecided: state.undecided)
      turn.deadline = taken.compactMap(\.deadline).min()
      return turn
    }
  }

  /// Commits what was taken. Where a commit's answer is lost with the connection, it is asked for; only when that fails as well, or
  /// nobody waits any more, is it not known, and told to nobody as done.
  ///
  /// - Parameter isProbe: whether it is to be seen if something could be inserted, of which nothing stays.
  func commit(_ turn: inout Turn, isProbe: Bool = false) throws {
    let begun = turn
    do {
      _ = try run(begun, &turn, isProbe: isProbe)
    } catch let lost as PostgreSQLError where lost.isUndecided {
      let first = turn
      let unheard = UndecidedCommit(first.batch, last: first.tree.size)
      // Nobody is to take it for shown meanwhile.
      state.withLock { $0.undecided.append(unheard) }
      do {
        if try run(begun, &turn, isProbe: isProbe, unless: unheard) { turn = first }
        state.withLock { _ = $0.undecided.removeLast() }
      } catch {
        if (error as? PostgreSQLError)?.isUndecided == true {
          state.withLock { $0.undecided.append(UndecidedCommit(turn.batch, last: turn.tree.size)) }
        }
        // Not that nothing came of it, whatever the second was refused for.
        throw error is AuditError ? error : lost
      }
    }
  }

  /// Runs the transaction.
  ///
  /// - Parameter earlier: an attempt of which is not known whether it is there.
  /// - Returns: whether that one is, so that this one has nothing to do.
  private func run(
    _ begun: Turn, _ turn: inout Turn, isProbe: Bool, unless earlier: UndecidedCommit? = nil
  ) throws -> Bool {
    try store.write(before: begun.deadline) { database in
      turn = begun
      // Before the others' records are taken in: what it says, a new key of the log, is not in force here yet.
      if let earlier, try earlier.isRecorded(in: database) {
        try TileStore.touchHead(in: database)
        return true
      }
      turn.batch = begun.taken
      if store.isShared {
        try catchUp(&turn.tree, &turn.block, database)
        turn.isCaughtUp = true
        if let note = try unanswered(turn.undecided, in: database) { turn.batch.insert(note, at: 0) }
      }
      let isLate = try turn.batch.partition { waiting in
        if let subject = waiting.subject, subjects.isDestroyed(subject) { return true }
        guard let isDue = waiting.isDue else { return false }
        return try !isDue(database)
      }
      turn.late = Array(turn.batch[isLate...])
      turn.batch.removeSubrange(isLate...)
      if !turn.batch.isEmpty { try insert(turn.batch, &turn.tree, &turn.block, into: database) }
      if isProbe { try probe(database) }
      return false
    }
  }

  /// Takes over what a transaction made, and tells those who waited for it.
  func finish(_ turn: inout Turn) {
    // Before the next entry is written: one that waits behind this and was sealed under the key is sealed anew.
    for waiting in turn.batch where waiting.entry.kind == .erasure {
      subjects.destroyed(ErasureNote.keys(in: waiting.entry.note ?? ""))
    }
    for waiting in turn.batch where waiting.entry.kind == .rootKey {
      // Data keys that come later are wrapped under the key that the record names.
      takeIn(AuditRecord(sequence: 0, entry: waiting.entry, commitment: nil))
    }
    subjects.committed(turn.batch.compactMap(\.subject?.id))
    subjects.confirmed(upTo: turn.tree.size)
    state.withLock { state in
      state.tree = turn.tree
      state.block = turn.block
      // Nobody else's any more.
      turn.block = RecordBlock(number: 0)
      state.block.settle()
      state.condition = .writable
      state.undecided.removeFirst(turn.undecided.count)
    }
    for waiting in turn.late { waiting.answer(.failure(AuditError(.erased))) }
    for (offset, waiting) in turn.batch.enumerated() {
      waiting.answer(.success(turn.tree.size - Int64(turn.batch.count - offset - 1)))
    }
  }

  /// Tells those who waited for a transaction that nothing came of it. When the store is gone, whoever waits behind them is told so too.
  func refuse(_ turn: Turn, _ error: any Error) {
    let failure = Self.failure(error, .writeFailed)
    if (error as? PostgreSQLError)?.isDuplicate == true { subjects.renounce(turn.taken.compactMap(\.subject?.id)) }
    // A deed that was refused is no fault of the store.
    let isRefusal =
      error is AuditError && (turn.isCaughtUp || !store.isShared) && turn.taken.contains(where: \.isAlone)
    var refused = turn.taken
    state.withLock { state in
      state.condition = isRefusal ? .writable : failure.code == .storeUnreachable ? .lost : .refusing
      guard state.condition == .lost else { return }
      refused += state.waiting
      state.waiting = []
    }
    for waiting in refused { waiting.answer(.failure(failure)) }
  }

  /// Inserts the entries of one commit, and what of the tree and the block changes with them.
  private func insert(
    _ batch: [Waiting], _ tree: inout TrailTree, _ block: inout RecordBlock, into database: any TrailDatabase
  ) throws {
    var leaves: [MerkleHash] = []
    // Two records may bring the same new key.
    var subjects: Set<Int64> = []
    for (offset, waiting) in batch.enumerated() {
      if let subject = waiting.subject, subjects.insert(subject.id).inserted {
        try self.subjects.store(subject, of: waiting.entry.patient ?? SubjectKeyring.nobody, into: database)
      }
      leaves.append(try insert(waiting, sequence: tree.size + Int64(offset) + 1, into: database))
      block.append(waiting.terms, time: waiting.entry.time.milliseconds)
      if block.isWhole {
        try BlockStore.write(block, into: database)
        block = RecordBlock(number: block.number + 1)
      }
    }
    // A start and a stop keep their head: what was in the trail then can be asked for ever.
    let keepingHead = batch.contains { [.start, .stop, .key, .rootKey].contains($0.entry.kind) }
    try tree.append(leaves, keepingHead: keepingHead, into: database)
  }

  /// Inserts one record with its payload and what is derived from it, and returns its leaf's hash.
  private func insert(_ waiting: Waiting, sequence: Int64, into database: any TrailDatabase) throws -> MerkleHash {
    var leaf = waiting.leaf
    AuditRecord.number(&leaf, sequence)
    try database.execute(
      """
      INSERT INTO record (sequence, leaf, time, kind, service, hook_instance, subject, status)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .number(sequence), .bytes(leaf), .number(waiting.entry.time.milliseconds), .text(waiting.entry.kind.rawValue),
        .text(waiting.entry.service), .text(waiting.entry.hookInstance), .number(waiting.subject?.id),
        .number(waiting.entry.status.map(Int64.init)),
      ])
    if let payload = waiting.payload {
      try database.execute(
        "INSERT INTO payload (sequence, encoding, bytes, subject) VALUES (?, ?, ?, ?)",
        [
          .number(sequence), .number(SealedPayload.encoding.rawValue), .bytes(payload.bytes),
          .number(waiting.subject?.id),
        ])
    }
    try waiting.deed?(database, sequence)
    return .leaf(leaf)
  }
}
