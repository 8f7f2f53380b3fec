// SPDX-License-Identifier: Apache-2.0

/// Living data keys that were found to lie under a root key. They are looked at a few at a time, in the order of their numbers, so that no
/// snapshot keeps the store from emptying its log: once a key is in force none comes under another any more.
struct ConfirmedKeys: Sendable {
  /// How many there were so far.
  private(set) var count: Int64 = 0
  /// Whether each opened.
  private(set) var areOpen = true
  private var last = Int64.min

  /// Looks at the next ones.
  ///
  /// - Parameters:
  ///   - root: all root keys that are known.
  ///   - destroyed: those that are not living, whatever lies in their place.
  /// - Returns: whether there were any.
  /// - Throws: `rootKeyUnfinished` when one lies under another of the root keys.
  mutating func confirmSome(
    _ most: Int64, under new: RootKey, of root: RootKeyring, besides destroyed: Set<Int64>,
    in database: any TrailDatabase
  ) throws -> Bool {
    let rows = try database.query(
      "SELECT id, pseudonym, wrapped FROM subject_key WHERE id > ? AND wrapped IS NOT NULL ORDER BY id LIMIT ?",
      [.number(last), .number(most)]
    ) { (id: $0.number(0) ?? 0, pseudonym: $0.bytes(1), wrapped: $0.bytes(2) ?? []) }
    for row in rows where !destroyed.contains(row.id) {
      if new.unwrap(row.wrapped, id: row.id, of: row.pseudonym) != nil {
        count += 1
      } else if (try? root.unwrap(row.wrapped, id: row.id, of: row.pseudonym)) != nil {
        throw AuditError(.rootKeyUnfinished)
      } else {
        areOpen = false
      }
    }
    last = rows.last?.id ?? last
    return !rows.isEmpty
  }
}
