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
    let stored = try load(pseudonym).flatMap { isDestroyed($0) ? nil : $0 }
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
    // One that no record has brought yet is not on the disk: whoever asks must not be the one who puts it there.
    let known = state.withLock { state in state.keys[pseudonym].flatMap { state.unstored.contains($0.id) ? nil : $0 } }
    if let known { return known }
    guard let stored = try load(pseudonym) else { return nil }
    return isDestroyed(stored) ? nil : stored
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

  /// Wraps data keys under another root key that lie under an old one: some of them, in the order of their numbers.
  ///
  /// - Parameter destroyed: those that stay as they are.
  /// - Returns: the last that was looked at; nil when there is none of these numbers.
  func rewrapSome(
    _ numbers: ClosedRange<Int64>, most: Int64, from old: RootKey, to new: RootKey, besides destroyed: Set<Int64>,
    in database: any TrailDatabase
  ) throws -> Int64? {
    let rows = try database.query(
      """
      SELECT id, pseudonym, wrapped FROM subject_key
      WHERE id >= ? AND id <= ? AND wrapped IS NOT NULL ORDER BY id LIMIT ?
      """, [.number(numbers.lowerBound), .number(numbers.upperBound), .number(most)]
    ) { (id: $0.number(0) ?? 0, pseudonym: $0.bytes(1), wrapped: $0.bytes(2) ?? []) }
    for row in rows where !destroyed.contains(row.id) {
      guard let pseudonym = row.pseudonym, let key = old.unwrap(row.wrapped, id: row.id, of: pseudonym) else {
        continue
      }
      try database.execute(
        "UPDATE subject_key SET wrapped = ? WHERE id = ?",
        [.bytes(try new.wrap(key, of: pseudonym)), .number(row.id)])
    }
    return rows.last?.id
  }

  /// How many living data keys there are, all under one root key; nil when one opens under another that is known.
  ///
  /// - Parameter destroyed: those that are not living, whatever lies in their place.
  /// - Throws: `keyChanged` when one opens under none: with another root key it might.
  func count(under new: RootKey, besides destroyed: Set<Int64>, in database: any TrailDatabase) throws -> Int64? {
    let rows = try database.rows("SELECT id, pseudonym, wrapped FROM subject_key WHERE wrapped IS NOT NULL", [])
    var count: Int64 = 0
    var isOpen = true
    while let row = try rows.next() {
      let (id, pseudonym, wrapped) = (row.number(0) ?? 0, row.bytes(1), row.bytes(2) ?? [])
      if destroyed.contains(id) { continue }
      if new.unwrap(wrapped, id: id, of: pseudonym) != nil {
        count += 1
      } else if (try? root.unwrap(wrapped, id: id, of: pseudonym)) != nil {
        return nil
      } else {
        isOpen = false
      }
    }
    guard isOpen else { throw AuditError(.keyChanged) }
    return count
  }

  private func load(_ pseudonym: [UInt8]) throws(AuditError) -> SubjectKey? {
    let rows: [(id: Int64?, wrapped: [UInt8]?)]
    do {
      rows = try reader.read { database in
        let rows = try database.query(
          "SELECT id, wrapped FROM subject_key WHERE pseudonym = ? AND wrapped IS NOT NULL ORDER BY id DESC LIMIT 1",
          [.bytes(pseudonym)]
        ) { ($0.number(0), $0.bytes(1)) }
        if reader.isShared, !rows.isEmpty, let head = try TileStore.checkpoint(in: database) {
          state.withLock { if $0.seen?.size ?? 0 < head.size { $0.seen = head } }
        }
        return rows
      }
    } catch {
      throw AuditTrail.failure(error, .readFailed)
    }
    guard let id = rows.first?.id, let wrapped = rows.first?.wrapped else { return nil }
    return try opened(wrapped, id, pseudonym)
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
