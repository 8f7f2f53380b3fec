// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// Trails of before data keys hold payloads that anyone with the file can read. They are sealed at the next start, and what lay
/// in the file's old pages and in the log beside it is wiped.
enum PlainPayloads {
  private static let rowsInTransaction = 256

  static func seal(in store: any TrailStore, _ subjects: SubjectKeyring) throws {
    // No other store ever held any.
    guard let database = (store as? SQLiteStore)?.queue else { return }
    guard try database.read({ try isUnwiped($0) || hasPlain($0) }) else { return }
    while try database.write({ try sealSome(in: $0, subjects) }) {}
    // Vacuum writes the file anew without free pages.
    try database.vacuum()
    try store.wipe()
    try database.write { try $0.execute(sql: "PRAGMA user_version = 0") }
  }

  /// Whether plain text was sealed whose old pages may still be there: `user_version` is 1 from the first of it until they are wiped,
  /// so that a start which is cut short between the two is finished by the next.
  private static func isUnwiped(_ database: Database) throws -> Bool {
    try Int.fetchOne(database, sql: "PRAGMA user_version") == 1
  }

  private static func hasPlain(_ database: Database) throws -> Bool {
    try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM payload WHERE encoding = 1)") ?? false
  }

  /// One transaction's worth; false when none is left.
  private static func sealSome(in database: Database, _ subjects: SubjectKeyring) throws -> Bool {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT sequence, bytes, patient FROM payload JOIN record USING (sequence) WHERE encoding = 1 LIMIT ?
        """, arguments: [rowsInTransaction])
    guard !rows.isEmpty else { return false }
    // What is sealed is what the leaf commits to: the content of the trail does not change.
    try database.execute(sql: "DROP TRIGGER payload_no_update; PRAGMA user_version = 1")
    var stored: [Int64] = []
    for row in rows {
      let pseudonym = (row["patient"] as Data?).map { Array($0) } ?? SubjectKeyring.nobody
      let key = try subjects.key(of: pseudonym)
      if !stored.contains(key.id) { try subjects.store(key, of: pseudonym, into: database) }
      stored.append(key.id)
      let bytes: Data = row["bytes"]
      let nonce = try RandomBytes.draw(SubjectKey.nonceLength)[...]
      try database.execute(
        sql: "UPDATE payload SET encoding = 2, bytes = ?, subject = ? WHERE sequence = ?",
        arguments: [Data(try key.seal(Array(bytes), nonce: nonce)), key.id, row["sequence"] as Int64])
    }
    try SQLiteSchema.forbid("UPDATE", on: "payload", in: database)
    let ids = stored
    database.afterNextTransaction { _ in subjects.committed(ids) }
    return true
  }
}
