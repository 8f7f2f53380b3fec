// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Foundation
import Synchronization

/// The writing end of the trail: append-only, every entry durable before `append` returns; in SQLite one process at a time has it.
///
/// Commits are grouped: while one transaction waits for the disk the entries that arrive collect, and go together in the next.
/// One fsync then carries many entries, and a lone entry waits for nobody.
package final class AuditTrail: Sendable {
  /// What was last found when the store was written to, or asked.
  enum Condition { case writable, refusing, lost }

  struct State {
    var waiting: [Waiting] = []
    var isWriting = false
    var isClosed = false
    var condition = Condition.writable
    var tree: TrailTree
    /// The records of the unfinished block.
    var block: RecordBlock
    var rejections = RejectionCounts()
    /// Transactions of which is not known whether they are there.
    var undecided: [UndecidedCommit] = []
  }

  /// Above this many waiting entries the disk does not keep up, and a new one is refused at once instead of growing memory.
  private static let mostWaiting = 1024
  /// Above this many a reading is refused: who looks through the trail takes no answer's place.
  private static let mostWaitingBeforeReadings = 256
  /// The folder it lies in.
  package let directory: DataDirectory
  /// Turns patients' identifiers into what stands in records.
  package let pseudonyms: PseudonymKey
  /// Paths of the key files that this start made, which the operator must be told to keep.
  package let createdKeys: [String]
  /// Data keys that records forbid, in a form that was given up or destroyed before, which this start found and left as they are:
  /// somebody put them there.
  package let forbiddenKeys: Int64
  /// The public half of the key that signed the log's checkpoints when this process began.
  package let logKey: NoteKey
  /// The connection that writes.
  package let store: any TrailStore
  /// Where it is used, one after the other.
  package let writer = DispatchQueue(label: "vigil.trail")
  let subjects: SubjectKeyring
  /// Whether what was destroyed may still lie in the store's files.
  let isWipeDue = Mutex(false)
  /// Whether `root.key` may hold a key that no data key needs any more, or data keys may lie under the one before.
  let isRootKeyDue = Mutex(false)
  /// Whether that is being seen to.
  let isRewrapping = Mutex(false)
  /// The newest record of the root key that was found, and up to which record there is none behind it: what was looked through is not again.
  let seenRootKey = Mutex<(newest: RootKeyReplacement?, end: Int64)>((nil, 0))
  /// Reads beside the writer and never waits for the writer's disk.
  let reader: any TrailStore
  /// Where it is used when a network lies between, one after the other.
  let readers = DispatchQueue(label: "vigil.trail.reader")
  private let lock: FileHandle?
  let state: Mutex<State>

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
      let store = try directory.openForWriting()
      self.store = store
      guard try store.isAsMade() else { throw AuditError(.tablesChanged) }
      let counts = try store.read { database in
        (
          records: try database.lastRecord(),
          subjects: try database.number("SELECT max(id) FROM subject_key") ?? 0,
          head: try TileStore.head(in: database)?.size
        )
      }
      let introduced = try BlockSearch.newest(.key) { try store.read($0) }?.entry.note.flatMap { NoteKey(vkey: $0) }
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
      let replacement = try RootKeyReplacement.newest { try store.read($0) }
      // With a key of before, as an old copy of the folder has it, half of the patients would get data keys that the other half's
      // key does not open.
      if let replacement {
        // Until it is done the file needs both.
        guard replacement.step == .done || keys.root.hasOthers else { throw AuditError(.keyUnusable) }
        try keys.root.enforce(replacement.fingerprint)
      }
      if store.isShared { try store.write { try keys.confirm(in: $0, isReplaced: replacement != nil) } }
      reader = try directory.openForReading(patience: directory.patience)
      let destroyed = try Tombstones().keys { try store.read($0) }
      subjects = SubjectKeyring(root: keys.root, reader: reader, destroyed: destroyed)
      // Another trail's: patients that come would get data keys that the right one does not open.
      guard try store.read(subjects.opensSome) else { throw AuditError(.keyUnusable) }
      logKey = keys.checkpoint.key
      let tree = try store.write { try TrailTree(signer: keys.checkpoint, database: $0) }
      // Once more: what another process begins after the tree was read is taken in with its records.
      if let newest = try RootKeyReplacement.newest({ try store.read($0) }) {
        try keys.root.enforce(newest.fingerprint)
        isRootKeyDue.withLock { $0 = true }
      }
      let unbound = try UnboundKeys.bind(in: store, keys.root, log: try directory.loadLogKey())
      forbiddenKeys = try unbound + store.read { try Tombstones.returned(destroyed, in: $0) }
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
  /// - Parameters:
  ///   - isOfKnown: whether the patient must have a data key already, until the commit.
  ///   - deed: does what the entry says was done.
  /// - Throws: `writeFailed` when the disk refuses: nothing of the entry is then read, but where the flush itself failed and
  ///   nothing was written after it, the next start may find it whole in the log and keep it. `storeUnreachable` when PostgreSQL has
  ///   not committed it five seconds later, or was found to be gone before and was not found again (`retry`). `overloaded`, `closed`,
  ///   `unknownPatient`.
  package func append(
    _ entry: AuditEntry, isOfKnown: Bool = false, deed: Doing? = nil
  ) async throws(AuditError) -> Int64 {
    let deadline = isShared && deed == nil ? ContinuousClock.now + directory.patience : nil
    do throws(AuditError) {
      return try await appendOnce(entry, isOfKnown, deed, before: deadline)
    } catch  where error.code == .erased {
      // The patient was erased between the sealing and the commit: what was said since then is under a key of its own.
      return try await appendOnce(entry, isOfKnown, deed, before: deadline)
    }
  }

  private func appendOnce(
    _ entry: AuditEntry, _ isOfKnown: Bool, _ deed: Doing?, before deadline: ContinuousClock.Instant?
  ) async throws(AuditError) -> Int64 {
    if state.withLock({ $0.isClosed }) { throw AuditError(.closed) }
    let (patient, kind, hasPayload) = (entry.patient, entry.kind, entry.payload != nil)
    let subject = try await reading { trail in
      try trail.subject(of: patient, in: kind, hasPayload: hasPayload, isOfKnown: isOfKnown)
    }
    return try await append(entry, under: subject, deed, before: deadline)
  }

  /// Commits an entry that lies under a key.
  ///
  /// - Throws: `erased` when the key was destroyed before the commit; what `append` throws besides.
  func append(
    _ entry: AuditEntry, under subject: SubjectKey?, _ deed: Doing? = nil, before deadline: ContinuousClock.Instant?
  ) async throws(AuditError) -> Int64 {
    var payload: SealedPayload?
    if let content = entry.payload, let subject {
      // The costly part, on the caller's thread: the writer only inserts.
      payload = try SealedPayload(content, under: subject)
    }
    let result = await withCheckedContinuation { (done: CheckedContinuation<Result<Int64, AuditError>, Never>) in
      let waiting = Waiting(entry, subject: subject, payload: payload, deed: deed, deadline: deadline) {
        done.resume(returning: $0)
      }
      enqueue([waiting])
    }
    return try result.get()
  }

  /// The key that an entry is stored under. Only what is said of a patient makes one: who reads or is refused by an identifier that
  /// the trail does not know, or no longer, must not leave behind that it was asked for.
  private func subject(
    of patient: [UInt8]?, in kind: AuditEntry.Kind, hasPayload: Bool, isOfKnown: Bool
  ) throws(AuditError) -> SubjectKey? {
    guard let patient else {
      // What belongs to no patient has a key as well: nothing lies in the trail in plain text.
      return hasPayload ? try subjects.key(of: SubjectKeyring.nobody) : nil
    }
    if isOfKnown {
      guard let key = try subjects.existingKey(of: patient) else { throw AuditError(.unknownPatient) }
      return key
    }
    let isOfOthers = !hasPayload && [.read, .rejection, .release, .proposal, .approval].contains(kind)
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
    // In PostgreSQL it may take a while, and is done by another service or the next start.
    if !isWiped, !isShared { wipeNow() }
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
  package var isWritable: Bool { state.withLock { !$0.isClosed && $0.condition == .writable } }

  /// Records that there are, those that other processes wrote since this one's last commit not counted.
  package var size: Int64 { state.withLock { $0.tree.size } }

  /// Entries that wait for their commit, for a readiness check.
  package var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Hands entries to the writer, one behind the other.
  func enqueue(_ entries: [Waiting]) {
    guard !entries.isEmpty else { return }
    let isReading = entries.contains { $0.entry.kind == .read && !$0.entry.isEmergencyReading }
    let most = isReading ? Self.mostWaitingBeforeReadings : Self.mostWaiting
    enum Step { case write, wait, refuse(AuditError.Code) }
    let step: Step = state.withLock { state in
      if state.isClosed { return .refuse(.closed) }
      if state.waiting.count + entries.count > most { return .refuse(.overloaded) }
      state.waiting += entries
      if state.isWriting { return .wait }
      state.isWriting = true
      return .write
    }
    switch step {
    case .wait: break
    case .write: writer.async { self.writeAll() }
    case .refuse(let code): for waiting in entries { waiting.answer(.failure(AuditError(code))) }
    }
  }

  /// The last answer that showed a card, without its payload; nil for a card that the trail does not know.
  ///
  /// - Throws: `readFailed`.
  package func lastAnswer(showing card: [UInt8]) async throws(AuditError) -> AuditRecord? {
    try await reading { try $0.answer(showing: card) }
  }

  private func answer(showing card: [UInt8]) throws(AuditError) -> AuditRecord? {
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

  /// Says that the trail cannot be written, as something else than a commit showed.
  func setUnwritable(_ error: AuditError) {
    state.withLock { $0.condition = error.code == .storeUnreachable ? .lost : .refusing }
  }

  /// Reads in one snapshot, beside the writer.
  func read<Value>(_ work: (any TrailDatabase) throws -> Value) throws(AuditError) -> Value {
    do {
      return try reader.read(work)
    } catch {
      throw Self.failure(error, .readFailed)
    }
  }

  /// Reads, where a network lies between without keeping a thread of the caller's from its work. Where nobody was there when it was last
  /// asked for something, nobody waits until `retry` has found somebody: whoever waited in vain waits once.
  func reading<Value: Sendable>(
    _ work: @escaping @Sendable (AuditTrail) throws -> Value
  ) async throws(AuditError) -> Value {
    if state.withLock({ $0.condition == .lost }) { throw AuditError(.storeUnreachable) }
    do {
      return try await isShared ? reader.wait(on: readers) { try work(self) } : work(self)
    } catch {
      let failure = Self.failure(error, .readFailed)
      if failure.code == .storeUnreachable { setUnwritable(failure) }
      throw failure
    }
  }

  /// Runs a transaction of its own between two commits of entries.
  func write(_ work: @escaping @Sendable (any TrailDatabase) throws -> Void) async throws(AuditError) {
    do {
      try await store.write(on: writer, within: directory.patience, work)
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
    return AuditError(refusal.isUnreachable ? .storeUnreachable : code, systemCode: refusal.state.flatMap { Int32($0) })
  }
}
