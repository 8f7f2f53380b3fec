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
    var payload: (commitment: [UInt8], stored: Data)?
    var done: CheckedContinuation<Result<Int64, AuditError>, Never>
  }

  private struct State {
    var waiting: [Waiting] = []
    var isWriting = false
    var isClosed = false
    /// Whether the last commit failed.
    var hasFailed = false
    var lastSequence: Int64
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
  /// True when this start made the pseudonym key, which the operator must be told to keep.
  package let createdKey: Bool
  /// The connection that writes.
  package let database: DatabaseQueue
  private let lock: FileHandle
  private let state: Mutex<State>

  /// Opens the trail in `directory`, creating the folder, the key and the tables when they are missing.
  ///
  /// - Throws: `secondWriter` when another process has it open; `directoryUnusable`, `keyUnusable`, `newerSchema`, `writeFailed`.
  package init(directory: DataDirectory) throws(AuditError) {
    try directory.create()
    lock = try directory.lockForWriting()
    self.directory = directory
    (pseudonyms, createdKey) = try directory.loadOrCreateKey()
    var configuration = Configuration()
    configuration.journalMode = .wal
    // Readers never block a writer in WAL; this is for a person's own sqlite3 shell holding the write lock for a moment.
    configuration.busyMode = .timeout(2)
    let lastSequence: Int64
    do {
      database = try DatabaseQueue(path: directory.trail, configuration: configuration)
      // WAL with FULL: a committed transaction survives a loss of power (sqlite.org/pragma.html#pragma_synchronous).
      // GRDB sets NORMAL when it turns WAL on, so this comes after opening.
      try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      let migrator = TrailSchema.migrator
      if try database.read(migrator.hasBeenSuperseded) { throw AuditError(.newerSchema) }
      try migrator.migrate(database)
      lastSequence = try database.read { try Int64.fetchOne($0, sql: "SELECT max(sequence) FROM record") } ?? 0
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.directoryUnusable, systemCode: Self.systemCode(of: error))
    }
    state = Mutex(State(lastSequence: lastSequence))
  }

  /// Commits an entry and returns its sequence number once it is on the disk.
  ///
  /// - Throws: `writeFailed` when the disk refuses (nothing of the entry is then in the trail), `overloaded`, `closed`.
  package func append(_ entry: AuditEntry) async throws(AuditError) -> Int64 {
    var entry = entry
    var payload: (commitment: [UInt8], stored: Data)?
    if let content = entry.payload {
      // The costly part, on the caller's thread: the writer only inserts.
      let bytes = content.bytes(salt: AuditPayload.randomSalt())
      guard let stored = Deflate.compress(bytes) else { throw AuditError(.writeFailed) }
      payload = (AuditPayload.commitment(to: bytes), Data(stored))
      entry.payload = nil
    }
    let result = await withCheckedContinuation { done in
      enqueue(Waiting(entry: entry, payload: payload, done: done))
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

  /// Writes what waits, then closes the database and gives the lock back. Later appends throw `closed`.
  package func close() throws(AuditError) {
    state.withLock { $0.isClosed = true }
    do {
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
    while let (batch, lastSequence) = takeBatch() {
      do {
        try database.inTransaction(.immediate) {
          for (offset, waiting) in batch.enumerated() {
            try Self.insert(waiting, sequence: lastSequence + Int64(offset) + 1, into: database)
          }
          return .commit
        }
        state.withLock { state in
          state.lastSequence = lastSequence + Int64(batch.count)
          state.hasFailed = false
        }
        for (offset, waiting) in batch.enumerated() {
          waiting.done.resume(returning: .success(lastSequence + Int64(offset) + 1))
        }
      } catch {
        let failure = AuditError(.writeFailed, systemCode: Self.systemCode(of: error))
        state.withLock { $0.hasFailed = true }
        for waiting in batch { waiting.done.resume(returning: .failure(failure)) }
      }
    }
  }

  private func takeBatch() -> (batch: [Waiting], lastSequence: Int64)? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isWriting = false
        return nil
      }
      let batch = Array(state.waiting.prefix(Self.mostInCommit))
      state.waiting.removeFirst(batch.count)
      return (batch, state.lastSequence)
    }
  }

  private static func insert(_ waiting: Waiting, sequence: Int64, into database: Database) throws {
    let entry = waiting.entry
    let record = AuditRecord(sequence: sequence, entry: entry, commitment: waiting.payload?.commitment)
    let insertRecord = try database.cachedStatement(
      sql: """
        INSERT INTO record (sequence, leaf, time, kind, service, hook_instance, patient, status)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try insertRecord.execute(arguments: [
      sequence, Data(record.leaf), entry.time.milliseconds, entry.kind.rawValue, entry.service, entry.hookInstance,
      entry.patient.map { Data($0) }, entry.status,
    ])
    if entry.kind == .answer {
      let insertCard = try database.cachedStatement(
        sql: "INSERT OR IGNORE INTO shown_card (card, sequence) VALUES (?, ?)")
      for card in entry.cards { try insertCard.execute(arguments: [Data(card.key), sequence]) }
    }
    guard let payload = waiting.payload else { return }
    let insertPayload = try database.cachedStatement(
      sql: "INSERT INTO payload (sequence, encoding, bytes) VALUES (?, 1, ?)")
    try insertPayload.execute(arguments: [sequence, payload.stored])
  }

  /// The last answer that showed a card, without its payload; nil for a card that the trail does not know.
  ///
  /// - Throws: `readFailed`.
  package func lastAnswer(showing card: [UInt8]) async throws(AuditError) -> AuditRecord? {
    let leaf: Data?
    do {
      leaf = try await database.read { database in
        try Data.fetchOne(
          database,
          sql: """
            SELECT leaf FROM record JOIN shown_card USING (sequence) WHERE card = ? ORDER BY sequence DESC LIMIT 1
            """, arguments: [Data(card)])
      }
    } catch {
      throw AuditError(.readFailed, systemCode: Self.systemCode(of: error))
    }
    return leaf.flatMap { AuditRecord(leaf: Array($0)) }
  }

  static func systemCode(of error: any Error) -> Int32? {
    (error as? DatabaseError)?.extendedResultCode.rawValue
  }
}
