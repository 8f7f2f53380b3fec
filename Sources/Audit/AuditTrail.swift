// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Foundation
package import GRDB
import Synchronization

/// The writing end of the trail: append-only, one process, one writer, every entry durable before `append` returns.
///
/// Commits are grouped: while one transaction waits for the disk the entries that arrive collect, and go together in the next.
/// One fsync then carries many entries, and a lone entry waits for nobody.
package final class AuditTrail: Sendable {
  /// One caller's entry on its way to the disk.
  private struct Waiting: Sendable {
    var entry: AuditEntry
    var subject: SubjectKey?
    var payload: SealedPayload?
    /// The leaf, but for its sequence number.
    var leaf: [UInt8]
    /// What the record is found by.
    var terms: [SearchTerm]
    /// Runs in the entry's transaction, after it was inserted: what the entry says was done.
    var deed: (@Sendable (Database, Int64) throws -> Void)?
    var done: CheckedContinuation<Result<Int64, AuditError>, Never>
  }

  private struct State {
    var waiting: [Waiting] = []
    var isWriting = false
    var isClosed = false
    /// Whether the last commit failed.
    var hasFailed = false
    var tree: TrailTree
    /// The records of the unfinished block.
    var block: RecordBlock
    var rejections = RejectionCounts()
  }

  /// Above this many waiting entries the disk does not keep up, and a new one is refused at once instead of growing memory.
  private static let mostWaiting = 1024
  /// Entries in one transaction: enough to spread the fsync, few enough that the first does not wait for the last.
  private static let mostInCommit = 128

  /// The folder it lies in.
  package let directory: DataDirectory
  /// Turns patients' identifiers into what stands in records.
  package let pseudonyms: PseudonymKey
  /// Paths of the key files that this start made, which the operator must be told to keep.
  package let createdKeys: [String]
  /// The public half of the key that signed the log's checkpoints when this process began.
  package let logKey: NoteKey
  /// The connection that writes.
  package let database: DatabaseQueue
  let subjects: SubjectKeyring
  /// Reads beside the writer: in WAL it never waits for the writer's disk.
  private let reader: DatabaseQueue
  private let lock: FileHandle
  private let state: Mutex<State>

  /// Opens the trail in `directory`, creating the folder, the keys and the tables when they are missing. A trail of an earlier
  /// version gets its tree, and what it held in plain text is sealed.
  ///
  /// - Throws: `secondWriter` when another process has it open; `directoryUnusable`, `keyUnusable`, `newerSchema`, `treeDamaged`,
  ///   `writeFailed`.
  package init(directory: DataDirectory) throws(AuditError) {
    try directory.create()
    lock = try directory.lockForWriting()
    self.directory = directory
    do {
      database = try TrailStore.openForWriting(directory.trail)
      let counts = try database.read { database in
        (
          records: try Int64.fetchOne(database, sql: "SELECT max(sequence) FROM record") ?? 0,
          subjects: try Int64.fetchOne(database, sql: "SELECT max(id) FROM subject_key") ?? 0,
          head: try TileStore.head(in: database)?.size
        )
      }
      let introduced = try database.read(Self.lastIntroducedKey)
      let keys = try directory.loadOrCreateKeys(
        mayCreate: { path in
          switch path {
          case directory.pseudonymKey: counts.records == 0
          case directory.rootKey: counts.subjects == 0
          default: counts.head == nil
          }
        }, isIntroduced: { $0 == introduced })
      pseudonyms = keys.pseudonym
      createdKeys = keys.created
      reader = try TrailStore.openForReading(directory.trail)
      subjects = try SubjectKeyring(root: keys.root, reader: reader)
      logKey = keys.checkpoint.key
      let tree = try database.write { database in
        try TrailTree(signer: keys.checkpoint, records: counts.records, database: database)
      }
      try PlainPayloads.seal(in: database, subjects)
      let block = try database.write { try BlockStore.open(records: counts.records, $0) }
      state = Mutex(State(tree: tree, block: block))
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.directoryUnusable, systemCode: Self.systemCode(of: error))
    }
  }

  /// Commits an entry and returns its sequence number once it is on the disk.
  ///
  /// - Parameter deed: what the entry says was done, in the same transaction; it is given the entry's sequence number.
  /// - Throws: `writeFailed` when the disk refuses: nothing of the entry is then read, but where the flush itself failed and
  ///   nothing was written after it, the next start may find it whole in the log and keep it. `overloaded`, `closed`.
  package func append(
    _ entry: AuditEntry, deed: (@Sendable (Database, Int64) throws -> Void)? = nil
  ) async throws(AuditError) -> Int64 {
    do throws(AuditError) {
      return try await appendOnce(entry, deed)
    } catch  where error.code == .erased {
      // The patient was erased between the sealing and the commit: what was said since then is under a key of its own.
      return try await appendOnce(entry, deed)
    }
  }

  private func appendOnce(
    _ entry: AuditEntry, _ deed: (@Sendable (Database, Int64) throws -> Void)?
  ) async throws(AuditError) -> Int64 {
    if state.withLock({ $0.isClosed }) { throw AuditError(.closed) }
    var entry = entry
    var payload: SealedPayload?
    // What belongs to no patient has a key as well: nothing lies in the trail in plain text.
    let subject =
      entry.patient == nil && entry.payload == nil
      ? nil : try subjects.key(of: entry.patient ?? SubjectKeyring.nobody)
    if let content = entry.payload, let subject {
      // The costly part, on the caller's thread: the writer only inserts.
      payload = try SealedPayload(content, under: subject)
      entry.payload = nil
    }
    let record = AuditRecord(
      sequence: 0, entry: entry, commitment: payload?.commitment, sealedDigest: payload?.digest, subject: subject?.token
    )
    let (plain, sealed, leaf) = (entry, payload, record.leaf)
    let terms = SearchTerm.terms(of: entry, subject: subject?.id)
    let result = await withCheckedContinuation { done in
      enqueue(
        Waiting(
          entry: plain, subject: subject, payload: sealed, leaf: leaf, terms: terms, deed: deed, done: done))
    }
    return try result.get()
  }

  /// Counts a rejection; the first of its kind in a minute is committed before this returns, repeats are counted and committed
  /// as one record when the minute is over.
  package func append(_ rejection: Rejection, at now: Instant) async throws(AuditError) {
    try await commit(state.withLock { $0.rejections.add(rejection, at: now) })
  }

  /// Commits the counts of minutes that are over; at the end of the service of the running one too.
  package func flushRejections(at now: Instant, includingCurrent: Bool = false) async throws(AuditError) {
    try await commit(state.withLock { $0.rejections.flush(at: now, includingCurrent: includingCurrent) })
  }

  /// Commits counted rejections; those that cannot be are counted on, so that none is lost to a disk that was full for a while.
  private func commit(_ entries: [AuditEntry]) async throws(AuditError) {
    for (position, entry) in entries.enumerated() {
      do throws(AuditError) {
        _ = try await append(entry)
      } catch {
        state.withLock { $0.rejections.keep(entries[position...]) }
        throw error
      }
    }
  }

  /// Signs all later heads with another key.
  func sign(with signer: NoteSigner) {
    state.withLock { $0.tree.signer = signer }
  }

  /// Writes what waits, then closes the database and gives the lock back. Later appends throw `closed`.
  package func close() throws(AuditError) {
    state.withLock { $0.isClosed = true }
    do {
      // The last connection that closes writes the log into the file and removes it: the writer's, which may.
      try reader.close()
      try database.close()  // runs after the writer's last turn on the same serial queue
      try DataDirectory.unlock(lock)
    } catch {
      throw AuditError(.writeFailed, systemCode: Self.systemCode(of: error))
    }
  }

  /// Whether the last commit went through: a service whose trail cannot be written is not ready.
  package var isWritable: Bool { state.withLock { !$0.isClosed && !$0.hasFailed } }

  /// Entries that wait for their commit, for a readiness check.
  package var waitingCount: Int { state.withLock { $0.waiting.count } }

  private func enqueue(_ waiting: Waiting) {
    enum Step { case write, wait, refuse(AuditError.Code) }
    let step: Step = state.withLock { state in
      if state.isClosed { return .refuse(.closed) }
      if state.waiting.count >= Self.mostWaiting { return .refuse(.overloaded) }
      state.waiting.append(waiting)
      if state.isWriting { return .wait }
      state.isWriting = true
      return .write
    }
    switch step {
    case .wait: break
    case .write: database.asyncWriteWithoutTransaction { self.writeAll($0) }
    case .refuse(let code): waiting.done.resume(returning: .failure(AuditError(code)))
    }
  }

  /// Runs on the writer's queue until nothing waits.
  private func writeAll(_ database: Database) {
    while let (taken, treeBefore, blockBefore) = takeBatch() {
      var batch = taken
      let isLate = batch.partition { $0.subject.map(subjects.isDestroyed) ?? false }
      for late in batch[isLate...] { late.done.resume(returning: .failure(AuditError(.erased))) }
      batch.removeSubrange(isLate...)
      if batch.isEmpty { continue }
      var tree = treeBefore
      var block = blockBefore
      do {
        try database.inTransaction(.immediate) {
          var leaves: [MerkleHash] = []
          for (offset, waiting) in batch.enumerated() {
            leaves.append(
              try insert(waiting, sequence: treeBefore.size + Int64(offset) + 1, into: database))
            block.append(waiting.terms, time: waiting.entry.time.milliseconds)
            if block.isWhole {
              try BlockStore.write(block, into: database)
              block = RecordBlock(number: block.number + 1)
            }
          }
          // A start and a stop keep their head: what was in the trail then can be asked for ever.
          let keepingHead = batch.contains { [.start, .stop, .key].contains($0.entry.kind) }
          try tree.append(leaves, keepingHead: keepingHead, into: database)
          return .commit
        }
        subjects.committed(batch.compactMap(\.subject?.id))
        state.withLock { state in
          state.tree = tree
          state.block = block
          state.hasFailed = false
        }
        for (offset, waiting) in batch.enumerated() {
          waiting.done.resume(returning: .success(treeBefore.size + Int64(offset) + 1))
        }
      } catch {
        // A deed that was refused is no fault of the disk.
        let refusal = error as? AuditError
        let failure = refusal ?? AuditError(.writeFailed, systemCode: Self.systemCode(of: error))
        state.withLock { $0.hasFailed = refusal == nil }
        for waiting in batch { waiting.done.resume(returning: .failure(failure)) }
      }
    }
  }

  private func takeBatch() -> (batch: [Waiting], tree: TrailTree, block: RecordBlock)? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isWriting = false
        return nil
      }
      // An entry with a deed goes alone: when the deed is refused, nothing else is.
      let ordinary = state.waiting.prefix(Self.mostInCommit).prefix { $0.deed == nil }
      let batch = Array(ordinary.isEmpty ? state.waiting.prefix(1) : ordinary)
      state.waiting.removeFirst(batch.count)
      return (batch, state.tree, state.block)
    }
  }

  /// Inserts one record with its payload and what is derived from it, and returns its leaf's hash.
  private func insert(_ waiting: Waiting, sequence: Int64, into database: Database) throws -> MerkleHash {
    let entry = waiting.entry
    var leaf = waiting.leaf
    AuditRecord.number(&leaf, sequence)
    if let subject = waiting.subject {
      try subjects.store(subject, of: entry.patient ?? SubjectKeyring.nobody, into: database)
    }
    let insertRecord = try database.cachedStatement(
      sql: """
        INSERT INTO record (sequence, leaf, time, kind, service, hook_instance, subject, status)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try insertRecord.execute(arguments: [
      sequence, Data(leaf), entry.time.milliseconds, entry.kind.rawValue, entry.service, entry.hookInstance,
      waiting.subject?.id, entry.status,
    ])
    if let payload = waiting.payload {
      let insertPayload = try database.cachedStatement(
        sql: "INSERT INTO payload (sequence, encoding, bytes, subject) VALUES (?, 2, ?, ?)")
      try insertPayload.execute(arguments: [sequence, Data(payload.bytes), waiting.subject?.id])
    }
    try waiting.deed?(database, sequence)
    return .leaf(leaf)
  }

  /// The last answer that showed a card, without its payload; nil for a card that the trail does not know.
  ///
  /// - Throws: `readFailed`.
  package func lastAnswer(showing card: [UInt8]) throws(AuditError) -> AuditRecord? {
    let term = SearchTerm(.card, card)
    let (unfinished, recent) = state.withLock { ($0.block.number, $0.block.sequences(with: term)) }
    func isMeant(_ record: AuditRecord) -> Bool {
      record.entry.kind == .answer && record.entry.cards.contains { $0.key == card && $0.heldBack == nil }
    }
    var search = BlockSearch()
    search.groups = [[term], [SearchTerm(.kind, AuditEntry.Kind.answer.rawValue)]]
    search.sequences = 1..<RecordBlock(number: unfinished).sequences.lowerBound
    search.isWanted = isMeant
    do {
      let found = try reader.read { database in
        for sequence in recent {
          let row = try Row.fetchOne(database, sql: "\(StoredRecord.select) WHERE sequence = ?", arguments: [sequence])
          if let record = try row.map(StoredRecord.record), isMeant(record) { return record as AuditRecord? }
        }
        return nil
      }
      return try found ?? search.first(1) { work in try reader.read(work) }.first
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.readFailed, systemCode: Self.systemCode(of: error))
    }
  }

  /// The key for checkpoints that the last record of its kind introduced.
  private static func lastIntroducedKey(_ database: Database) throws -> NoteKey? {
    try Row.fetchOne(database, sql: "\(StoredRecord.select) WHERE kind = 'key' ORDER BY sequence DESC LIMIT 1")
      .map { try StoredRecord.record($0) }?.entry.note.flatMap { NoteKey(vkey: $0) }
  }

  static func systemCode(of error: any Error) -> Int32? {
    (error as? DatabaseError)?.extendedResultCode.rawValue
  }
}
