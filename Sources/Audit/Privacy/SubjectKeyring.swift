// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The subjects' keys of a trail that is being written: one key for a pseudonym, made when the patient is first seen and stored
/// in the same transaction as the first record that needs it.
final class SubjectKeyring: Sendable {
  private struct State {
    var keys: [[UInt8]: SubjectKey] = [:]
    /// Ids of keys that are not in the database yet.
    var unstored: Set<Int64> = []
    /// Ids of keys that were destroyed: nothing more is sealed under them.
    var destroyed: Set<Int64>
    /// Numbers that no key has yet.
    var free: Range<Int64> = 1..<1
    /// The newest head beside which a key was read.
    var seen: Checkpoint?
  }

  /// Stands for a pseudonym where an entry is about no patient.
  static let nobody = [UInt8](repeating: 0, count: 32)
  /// Keys kept in memory; above it all that are stored are let go, and read again when needed.
  private static let mostKept = 8192

  /// What data keys are wrapped under.
  let root: RootKeyring
  /// A connection that never waits for the writer's disk.
  private let reader: any TrailStore
  private let state: Mutex<State>

  /// - Parameter destroyed: numbers of the keys that records say were destroyed.
  init(root: RootKeyring, reader: any TrailStore, destroyed: Set<Int64>) {
    self.root = root
    self.reader = reader
    state = Mutex(State(destroyed: destroyed))
  }

  /// The key of a patient, made when there is none or the last was destroyed.
  func key(of pseudonym: [UInt8]) throws(AuditError) -> SubjectKey {
    if let key = state.withLock({ $0.keys[pseudonym] }) { return key }
    // One that was destroyed and put back is none: the patient gets a new one.
    let stored = try load([pseudonym])[pseudonym].flatMap { isDestroyed($0) ? nil : $0 }
    let needsNumbers = stored == nil && state.withLock { $0.free.isEmpty }
    let reserved = needsNumbers ? try reserve() : nil
    let key: SubjectKey? = state.withLock { state in
      // Another caller may have come first; whoever stored the key is the one everybody uses.
      if let key = state.keys[pseudonym] { return key }
      if state.keys.count >= Self.mostKept {
        let kept = state.unstored
        state.keys = state.keys.filter { kept.contains($0.value.id) }
      }
      // What was read a moment before an erasure is no key any more.
      let living = stored.flatMap { state.destroyed.contains($0.id) ? nil : $0 }
      if let reserved, state.free.isEmpty { state.free = reserved }
      guard let key = living ?? state.free.popFirst().map({ SubjectKey(id: $0) }) else { return nil }
      if living == nil { state.unstored.insert(key.id) }
      state.keys[pseudonym] = key
      return key
    }
    // Others took the last numbers meanwhile, or the stored key was destroyed.
    if let key { return key }
    return try self.key(of: pseudonym)
  }

  private func reserve() throws(AuditError) -> Range<Int64> {
    do {
      return try reader.reserveSubjects()
    } catch {
      throw AuditTrail.failure(error, .readFailed)
    }
  }

  /// The living key of a patient of whom something is stored; nil for one whom the trail does not know, or no longer.
  /// Asking makes no key.
  func existingKey(of pseudonym: [UInt8]) throws(AuditError) -> SubjectKey? {
    try existingKeys(of: [pseudonym])[pseudonym]
  }

  /// Those of some patients, by their pseudonyms.
  func existingKeys(of pseudonyms: [[UInt8]]) throws(AuditError) -> [[UInt8]: SubjectKey] {
    // One that no record has brought yet is not on the disk: whoever asks must not be the one who puts it there.
    var known: [[UInt8]: SubjectKey] = [:]
    state.withLock { state in
      for pseudonym in pseudonyms {
        if let key = state.keys[pseudonym], !state.unstored.contains(key.id) { known[pseudonym] = key }
      }
    }
    let others = pseudonyms.filter { known[$0] == nil }
    if others.isEmpty { return known }
    for (pseudonym, key) in try load(others) where !isDestroyed(key) { known[pseudonym] = key }
    return known
  }

  /// Writes the key beside the first record that uses it, when it is not stored yet; once in a transaction.
  func store(_ key: SubjectKey, of pseudonym: [UInt8], into database: any TrailDatabase) throws {
    guard state.withLock({ $0.unstored.contains(key.id) }) else { return }
    try database.execute(
      "INSERT INTO subject_key (id, pseudonym, wrapped) VALUES (?, ?, ?)",
      [.number(key.id), .bytes(pseudonym), .bytes(try root.wrap(key, of: pseudonym))])
  }

  /// Says that the transaction in which keys were stored is on the disk.
  func committed(_ ids: [Int64]) {
    state.withLock { $0.unstored.subtract(ids) }
  }

  /// Says that the transaction in which keys were destroyed is on the disk.
  func destroyed(_ ids: [Int64]) {
    state.withLock { state in
      state.destroyed.formUnion(ids)
      state.keys = state.keys.filter { !ids.contains($0.value.id) }
    }
  }

  /// Whether a key was destroyed after it was handed out.
  func isDestroyed(_ key: SubjectKey) -> Bool {
    state.withLock { $0.destroyed.contains(key.id) }
  }

  /// The newest head beside which a key was read: a trail that does not go on from it may not have the key. Nil when the trail was
  /// found to go on from it.
  var seen: Checkpoint? { state.withLock(\.seen) }

  /// Says that the trail goes on from heads up to this size.
  func confirmed(upTo size: Int64) {
    state.withLock { if $0.seen?.size ?? 0 <= size { $0.seen = nil } }
  }

  /// Gives up keys that were to be stored and whose numbers another process has: a database that was set back gives numbers twice. What
  /// is sealed under them is sealed anew.
  func renounce(_ ids: [Int64]) {
    state.withLock { state in
      let lost = state.unstored.intersection(ids)
      state.destroyed.formUnion(lost)
      state.unstored.subtract(lost)
      state.keys = state.keys.filter { !lost.contains($0.value.id) }
      state.free = 1..<1
    }
  }

  /// Makes sure that a living key lies beside the pseudonym that it was stored beside.
  ///
  /// - Throws: `keyChanged`.
  func confirm(_ wrapped: [UInt8], id: Int64, of pseudonym: [UInt8]?) throws(AuditError) {
    _ = try opened(wrapped, id, pseudonym)
  }

  /// Makes sure of it for all living keys: a patient whose pseudonym was changed would not be found.
  ///
  /// - Throws: `keyChanged`; the store's errors.
  func confirmAll(in database: any TrailDatabase) throws {
    let rows = try database.rows("SELECT id, pseudonym, wrapped FROM subject_key WHERE wrapped IS NOT NULL", [])
    while let row = try rows.next() {
      try confirm(row.bytes(2) ?? [], id: row.number(0) ?? 0, of: row.bytes(1))
    }
  }

  /// Whether the root key is the trail's: at least one of the data keys opens, the newest first, or there are fewer than two. One alone
  /// that does not open may have been edited, and one of the form that was given up says nothing of the root key.
  func opensSome(in database: any TrailDatabase) throws -> Bool {
    let rows = try database.rows(
      "SELECT id, pseudonym, wrapped FROM subject_key WHERE wrapped IS NOT NULL ORDER BY id DESC", [])
    var closed = 0
    while let row = try rows.next() {
      let (wrapped, id) = (row.bytes(2) ?? [], row.number(0) ?? 0)
      if root.unwrapUnbound(wrapped, id: id) != nil || (try? root.unwrap(wrapped, id: id, of: row.bytes(1))) != nil {
        return true
      }
      if wrapped.count != RootKey.unboundLength { closed += 1 }
    }
    return closed < 2
  }

  /// Reads the newest stored keys of patients, in one query: a network may lie between.
  private func load(_ pseudonyms: [[UInt8]]) throws(AuditError) -> [[UInt8]: SubjectKey] {
    let places = pseudonyms.map { _ in "?" }.joined(separator: ", ")
    let rows: [(id: Int64, wrapped: [UInt8], pseudonym: [UInt8])]
    do {
      rows = try reader.read { database in
        let rows = try database.query(
          """
          SELECT id, wrapped, pseudonym FROM subject_key WHERE pseudonym IN (\(places)) AND wrapped IS NOT NULL
          ORDER BY id DESC
          """, pseudonyms.map { .bytes($0) }
        ) { (id: $0.number(0) ?? 0, wrapped: $0.bytes(1) ?? [], pseudonym: $0.bytes(2) ?? []) }
        if reader.isShared, !rows.isEmpty, let head = try TileStore.checkpoint(in: database) {
          state.withLock { if $0.seen?.size ?? 0 < head.size { $0.seen = head } }
        }
        return rows
      }
    } catch {
      throw AuditTrail.failure(error, .readFailed)
    }
    var keys: [[UInt8]: SubjectKey] = [:]
    for row in rows where keys[row.pseudonym] == nil {
      keys[row.pseudonym] = try opened(row.wrapped, row.id, row.pseudonym)
    }
    return keys
  }

  /// The start has bound all that may be bound: what is not is no matter of age here.
  private func opened(_ wrapped: [UInt8], _ id: Int64, _ pseudonym: [UInt8]?) throws(AuditError) -> SubjectKey {
    do throws(AuditError) {
      return try root.unwrap(wrapped, id: id, of: pseudonym)
    } catch {
      // On another machine the root key may have been replaced by one that is not here yet.
      if reader.isShared, let newest = try? RootKeyReplacement.newest({ try reader.read($0) }) {
        try root.enforce(newest.fingerprint)
      }
      throw AuditError(.keyChanged)
    }
  }
}
