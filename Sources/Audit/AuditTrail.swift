// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Foundation
import Synchronization

/// The writing end of the trail: append-only, every entry durable before `append` returns; in SQLite one process at a time has it.
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
    var deed: Doing?
    var done: CheckedContinuation<Result<Int64, AuditError>, Never>
  }

  /// What an entry says was done, in the entry's transaction; it is given the entry's sequence number.
  package typealias Doing = @Sendable (any TrailDatabase, Int64) throws -> Void

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
  package let store: any TrailStore
  /// Where it is used, one after the other.
  package let writer = DispatchQueue(label: "vigil.trail")
  let subjects: SubjectKeyring
  /// Whether what was destroyed may still lie in the store's files.
  let isWipeDue = Mutex(false)
  /// Reads beside the writer and never waits for the writer's disk.
  private let reader: any TrailStore
  private let lock: FileHandle?
  private let state: Mutex<State>

  /// Opens the trail in `directory`, creating the folder, the keys and the tables when they are missing. A trail of an earlier
  /// version gets its tree, and what it held in plain text is sealed.
  ///
  /// - Throws: `secondWriter` when another process has it open; `directoryUnusable`, `keyUnusable`, `newerSchema`, `treeDamaged`,
  ///   `writeFailed`.
  package init(directory: DataDirectory) throws(AuditError) {
    try directory.create()
    lock = directory.isShared ? nil : try directory.lockForWriting()
    self.directory = directory
    do {
      store = try directory.openForWriting()
      let counts = try store.read { database in
        (
          records: try database.lastRecord(),
          subjects: try database.number("SELECT max(id) FROM subject_key") ?? 0,
          head: try TileStore.head(in: database)?.size
        )
      }
      let introduced = try store.read(Self.lastIntroducedKey)
      let keys = try directory.loadOrCreateKeys(
        mayCreate: { path in
          switch path {
          case directory.pseudonymKey: counts.records == 0
          case directory.rootKey: counts.subjects == 0
          default: counts.head == nil
          }
        }, isIntroduced: { $0 == introduced })
      // With a key of before a rotation, as another node may still have it, nobody signs.
      if let introduced, introduced != keys.checkpoint.key { throw AuditError(.keyUnusable) }
      pseudonyms = keys.pseudonym
      createdKeys = keys.created
      if store.isShared { try store.write { try keys.confirm(in: $0) } }
      reader = try directory.openForReading()
      subjects = SubjectKeyring(root: keys.root, reader: reader)
      logKey = keys.checkpoint.key
      let tree = try store.write { try TrailTree(signer: keys.checkpoint, database: $0) }
      try UnboundKeys.bind(in: store, keys.root, log: try directory.loadLogKey())
      try PlainPayloads.seal(in: store, subjects)
      var block = RecordBlock(number: 0)
      try store.write { try BlockStore.extend(&block, in: $0) }
      state = Mutex(State(tree: tree, block: block))
    } catch {
      throw Self.failure(error, .directoryUnusable)
    }
  }

  /// Commits an entry and returns its sequence number once it is on the disk.
  ///
  /// - Parameter deed: does what the entry says was done.
  /// - Throws: `writeFailed` when the disk refuses: nothing of the entry is then read, but where the flush itself failed and
  ///   nothing was written after it, the next start may find it whole in the log and keep it. `overloaded`, `closed`.
  package func append(
    _ entry: AuditEntry, deed: Doing? = nil
  ) async throws(AuditError) -> Int64 {
    do throws(AuditError) {
      return try await appendOnce(entry, deed)
    } catch  where error.code == .erased {
      // The patient was erased between the sealing and the commit: what was said since then is under a key of its own.
      return try await appendOnce(entry, deed)
    }
  }

  private func appendOnce(_ entry: AuditEntry, _ deed: Doing?) async throws(AuditError) -> Int64 {
    if state.withLock({ $0.isClosed }) { throw AuditError(.closed) }
    var entry = entry
    if entry.kind == .start { entry.wrapVersion = Int64(RootKey.wrapVersion) }
    var payload: SealedPayload?
    let subject = try subject(of: entry)
    // A pseudonym without a key must not enter the leaf: it would still find the patient after an erasure.
    if subject == nil { entry.patient = nil }
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

  /// The key that an entry is stored under. Only what is said of a patient makes one: who reads or is refused by an identifier that
  /// the trail does not know, or no longer, must not leave behind that it was asked for.
  private func subject(of entry: AuditEntry) throws(AuditError) -> SubjectKey? {
    guard let patient = entry.patient else {
      // What belongs to no patient has a key as well: nothing lies in the trail in plain text.
      return entry.payload == nil ? nil : try subjects.key(of: SubjectKeyring.nobody)
    }
    let isOfOthers = entry.payload == nil && [.read, .rejection, .release, .proposal, .approval].contains(entry.kind)
    return isOfOthers ? try subjects.existingKey(of: patient) : try subjects.key(of: patient)
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
    if !isWiped { wipe() }
    do {
      // The last connection that closes writes the log into the file and removes it: the writer's, which may.
      try reader.close()
      try writer.sync { try store.close() }  // after the writer's last turn
      if let lock { try DataDirectory.unlock(lock) }
    } catch {
      throw Self.failure(error, .writeFailed)
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
    case .write: writer.async { self.writeAll() }
    case .refuse(let code): waiting.done.resume(returning: .failure(AuditError(code)))
    }
  }

  /// Runs on the writer's queue until nothing waits.
  private func writeAll() {
    while let (taken, treeBefore, blockBefore) = takeBatch() {
      var (tree, block, batch) = (treeBefore, blockBefore, taken)
      var late: ArraySlice<Waiting> = []
      do {
        try store.write { database in
          if store.isShared { try catchUp(&tree, &block, database) }
          let isLate = batch.partition { $0.subject.map(subjects.isDestroyed) ?? false }
          late = batch[isLate...]
          batch.removeSubrange(isLate...)
          if !batch.isEmpty { try insert(batch, &tree, &block, into: database) }
        }
      } catch {
        let failure = Self.failure(error, .writeFailed)
        // A deed that was refused is no fault of the disk.
        let isRefusal = error is AuditError && taken.contains { $0.deed != nil }
        state.withLock { $0.hasFailed = !isRefusal }
        for waiting in taken { waiting.done.resume(returning: .failure(failure)) }
        continue
      }
      // Before the next entry is written: one that waits behind this and was sealed under the key is sealed anew.
      for waiting in batch where waiting.entry.kind == .erasure {
        subjects.destroyed(ErasureNote.keys(in: waiting.entry.note ?? ""))
      }
      subjects.committed(batch.compactMap(\.subject?.id))
      state.withLock { state in
        state.tree = tree
        state.block = block
        state.hasFailed = false
      }
      for waiting in late { waiting.done.resume(returning: .failure(AuditError(.erased))) }
      for (offset, waiting) in batch.enumerated() {
        waiting.done.resume(returning: .success(tree.size - Int64(batch.count - offset - 1)))
      }
    }
  }

  /// Inserts the entries of one commit, and what of the tree and the block changes with them.
  private func insert(
    _ batch: [Waiting], _ tree: inout TrailTree, _ block: inout RecordBlock, into database: any TrailDatabase
  ) throws {
    var leaves: [MerkleHash] = []
    for (offset, waiting) in batch.enumerated() {
      leaves.append(try insert(waiting, sequence: tree.size + Int64(offset) + 1, into: database))
      block.append(waiting.terms, time: waiting.entry.time.milliseconds)
      if block.isWhole {
        try BlockStore.write(block, into: database)
        block = RecordBlock(number: block.number + 1)
      }
    }
    // A start and a stop keep their head: what was in the trail then can be asked for ever.
    let keepingHead = batch.contains { [.start, .stop, .key].contains($0.entry.kind) }
    try tree.append(leaves, keepingHead: keepingHead, into: database)
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
  private func insert(_ waiting: Waiting, sequence: Int64, into database: any TrailDatabase) throws -> MerkleHash {
    let entry = waiting.entry
    var leaf = waiting.leaf
    AuditRecord.number(&leaf, sequence)
    if let subject = waiting.subject {
      try subjects.store(subject, of: entry.patient ?? SubjectKeyring.nobody, into: database)
    }
    try database.execute(
      """
      INSERT INTO record (sequence, leaf, time, kind, service, hook_instance, subject, status)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .number(sequence), .bytes(leaf), .number(entry.time.milliseconds), .text(entry.kind.rawValue),
        .text(entry.service), .text(entry.hookInstance), .number(waiting.subject?.id),
        .number(entry.status.map(Int64.init)),
      ])
    if let payload = waiting.payload {
      try database.execute(
        "INSERT INTO payload (sequence, encoding, bytes, subject) VALUES (?, 2, ?, ?)",
        [.number(sequence), .bytes(payload.bytes), .number(waiting.subject?.id)])
    }
    try waiting.deed?(database, sequence)
    return .leaf(leaf)
  }

  /// The last answer that showed a card, without its payload; nil for a card that the trail does not know.
  ///
  /// - Throws: `readFailed`.
  package func lastAnswer(showing card: [UInt8]) throws(AuditError) -> AuditRecord? {
    let term = SearchTerm(.card, card)
    let block = try unfinishedBlock()
    let recent = block.sequences(with: term)
    func isMeant(_ record: AuditRecord) -> Bool {
      record.entry.kind == .answer && record.entry.cards.contains { $0.key == card && $0.heldBack == nil }
    }
    var search = BlockSearch()
    search.groups = [[term], [SearchTerm(.kind, AuditEntry.Kind.answer.rawValue)]]
    search.sequences = 1..<block.sequences.lowerBound
    search.isWanted = isMeant
    let found: AuditRecord? = try read { database in
      for sequence in recent {
        if let record = try StoredRecord.record(sequence, database), isMeant(record) { return record }
      }
      return nil
    }
    if let found { return found }
    return try search.first(1) { work throws(AuditError) in try read(work) }.first
  }

  /// The records of the unfinished block, those of other processes included.
  private func unfinishedBlock() throws(AuditError) -> RecordBlock {
    var block = state.withLock { $0.block }
    guard isShared else { return block }
    try read { try BlockStore.extend(&block, in: $0) }
    state.withLock { if $0.block.next < block.next { $0.block = block } }
    return block
  }

  /// Says whether the trail can be written, as something else than a commit showed.
  func setWritable(_ isWritable: Bool) { state.withLock { $0.hasFailed = !isWritable } }

  /// The key for checkpoints that the last record of its kind introduced.
  private static func lastIntroducedKey(_ database: any TrailDatabase) throws -> NoteKey? {
    let newest = "\(StoredRecord.select) WHERE kind = 'key' ORDER BY sequence DESC LIMIT 1"
    return try database.query(newest, [], StoredRecord.record).first?.entry.note.flatMap { NoteKey(vkey: $0) }
  }

  /// Reads in one snapshot, beside the writer.
  func read<Value>(_ work: (any TrailDatabase) throws -> Value) throws(AuditError) -> Value {
    do {
      return try reader.read(work)
    } catch {
      throw Self.failure(error, .readFailed)
    }
  }

  /// Runs a transaction of its own between two commits of entries.
  func write(_ work: @escaping @Sendable (any TrailDatabase) throws -> Void) async throws(AuditError) {
    do {
      try await store.write(on: writer, work)
    } catch {
      throw Self.failure(error, .writeFailed)
    }
  }

  /// An error as the trail's own; of a store's the code that is given.
  static func failure(_ error: any Error, _ code: AuditError.Code) -> AuditError {
    if let error = error as? AuditError { return error }
    guard let refusal = error as? PostgreSQLError else {
      return AuditError(code, systemCode: SQLiteStore.systemCode(of: error))
    }
    return AuditError(refusal.state == nil ? .storeUnreachable : code, systemCode: refusal.state.flatMap { Int32($0) })
  }
}
