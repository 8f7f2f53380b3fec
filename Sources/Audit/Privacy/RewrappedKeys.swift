// SPDX-License-Identifier: Apache-2.0

/// Data keys that lie under an old root key, each as it lies there and as it is to lie there under the new one. They are found and wrapped
/// where nobody waits, so that the transaction that puts them there is short.
struct RewrappedKeys: Sendable {
  private struct Key: Sendable {
    let id: Int64
    let old: [UInt8]
    let new: [UInt8]
  }

  /// The number of the last data key that was looked at; nil where there was none.
  let last: Int64?
  private var keys: [Key] = []

  /// Looks at some living data keys, in the order of their numbers.
  ///
  /// - Parameter destroyed: those that stay as they are.
  init(
    _ numbers: ClosedRange<Int64>, most: Int64, from old: RootKey, to new: RootKey, besides destroyed: Set<Int64>,
    in database: any TrailDatabase
  ) throws {
    let rows = try database.query(
      """
      SELECT id, pseudonym, wrapped FROM subject_key
      WHERE id >= ? AND id <= ? AND wrapped IS NOT NULL ORDER BY id LIMIT ?
      """, [.number(numbers.lowerBound), .number(numbers.upperBound), .number(most)]
    ) { (id: $0.number(0) ?? 0, pseudonym: $0.bytes(1), wrapped: $0.bytes(2) ?? []) }
    last = rows.last?.id
    for row in rows where !destroyed.contains(row.id) {
      guard let pseudonym = row.pseudonym, let key = old.unwrap(row.wrapped, id: row.id, of: pseudonym) else {
        continue
      }
      keys.append(Key(id: row.id, old: row.wrapped, new: try new.wrap(key, of: pseudonym)))
    }
  }

  /// Whether there is nothing to do.
  var isEmpty: Bool { keys.isEmpty }

  /// Puts them where what was read lies still. What was destroyed meanwhile stays so; and where another process ended the replacement, and
  /// the next, while this one stood still, none lies there any more, so that nothing gets under a key that is gone.
  ///
  /// They are sent to PostgreSQL ahead of their answers (`PostgreSQLConnection.execute`): all together wait for the network once.
  func store(in database: any TrailDatabase) throws {
    for key in keys {
      try database.execute(
        "UPDATE subject_key SET wrapped = ? WHERE id = ? AND wrapped = ?",
        [.bytes(key.new), .number(key.id), .bytes(key.old)])
    }
  }
}
