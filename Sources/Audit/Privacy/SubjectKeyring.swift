// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Synchronization

/// The subjects' keys of a trail that is being written: one key for a pseudonym, made when the patient is first seen and stored
/// in the same transaction as the first record that needs it.
final class SubjectKeyring: Sendable {
  private struct State {
    var keys: [[UInt8]: SubjectKey] = [:]
    /// Ids of keys that are not in the database yet.
    var unstored: Set<Int64> = []
    /// Ids of keys that this process destroyed: nothing more is sealed under them.
    var destroyed: Set<Int64> = []
    var nextID: Int64
  }

  /// Stands for a pseudonym where an entry is about no patient.
  static let nobody = [UInt8](repeating: 0, count: 32)
  /// Keys kept in memory; above it all that are stored are let go, and read again when needed.
  private static let mostKept = 8192

  private let root: RootKey
  /// A connection that never waits for the writer's disk.
  private let reader: DatabaseQueue
  private let state: Mutex<State>

  init(root: RootKey, reader: DatabaseQueue) throws {
    self.root = root
    self.reader = reader
    let last = try reader.read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM subject_key") } ?? 0
    state = Mutex(State(nextID: last + 1))
  }

  /// The key of a patient, made when there is none or the last was destroyed.
  func key(of pseudonym: [UInt8]) throws(AuditError) -> SubjectKey {
    if let key = state.withLock({ $0.keys[pseudonym] }) { return key }
    let stored = try load(pseudonym)
    return state.withLock { state in
      // Another caller may have come first; whoever stored the key is the one everybody uses.
      if let key = state.keys[pseudonym] { return key }
      if state.keys.count >= Self.mostKept {
        let kept = state.unstored
        state.keys = state.keys.filter { kept.contains($0.value.id) }
      }
      // What was read a moment before an erasure is no key any more.
      let living = stored.flatMap { state.destroyed.contains($0.id) ? nil : $0 }
      let key = living ?? SubjectKey(id: state.nextID)
      if living == nil {
        state.nextID += 1
        state.unstored.insert(key.id)
      }
      state.keys[pseudonym] = key
      return key
    }
  }

  /// Writes the key beside the record that uses it, when it is not stored yet.
  func store(_ key: SubjectKey, of pseudonym: [UInt8], into database: Database) throws {
    guard state.withLock({ $0.unstored.contains(key.id) }) else { return }
    // Two records of a batch may bring the same new key.
    let insert = try database.cachedStatement(
      sql: "INSERT OR IGNORE INTO subject_key (id, pseudonym, wrapped) VALUES (?, ?, ?)")
    try insert.execute(arguments: [key.id, Data(pseudonym), Data(try root.wrap(key))])
  }

  /// Says that the transaction in which keys were stored is on the disk.
  func committed(_ ids: [Int64]) {
    state.withLock { $0.unstored.subtract(ids) }
  }

  /// Says that the transaction in which a patient's keys were destroyed is on the disk.
  func destroyed(_ ids: [Int64], of pseudonym: [UInt8]) {
    state.withLock { state in
      state.destroyed.formUnion(ids)
      state.keys[pseudonym] = nil
    }
  }

  /// Whether a key was destroyed after it was handed out.
  func isDestroyed(_ key: SubjectKey) -> Bool {
    state.withLock { $0.destroyed.contains(key.id) }
  }

  private func load(_ pseudonym: [UInt8]) throws(AuditError) -> SubjectKey? {
    let row: (id: Int64, wrapped: Data)?
    do {
      row = try reader.read { database in
        try Row.fetchOne(
          database,
          sql:
            "SELECT id, wrapped FROM subject_key WHERE pseudonym = ? AND wrapped IS NOT NULL ORDER BY id DESC LIMIT 1",
          arguments: [Data(pseudonym)]
        ).map { ($0["id"], $0["wrapped"]) }
      }
    } catch {
      throw AuditError(.readFailed, systemCode: AuditTrail.systemCode(of: error))
    }
    return try row.map { row throws(AuditError) in try root.unwrap(Array(row.wrapped), id: row.id) }
  }
}
