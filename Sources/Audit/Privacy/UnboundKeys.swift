// SPDX-License-Identifier: Apache-2.0

/// Data keys of before they were bound to their patients: whoever could edit the table could put one patient's in the place of
/// another's. The first start of this version binds them as it finds them. Once a record says that all are bound
/// (`AuditEntry.wrapVersion`) none is taken any more, so that one out of an old copy opens nothing.
enum UnboundKeys {
  private static let keysInTransaction: Int64 = 1000

  /// Binds what is left of them; a start that is cut short is finished by the next.
  ///
  /// - Parameter log: the log's key at its beginning.
  /// - Returns: how many there are although a record forbids them, which are left for the verification to find.
  /// - Throws: `damaged`, `treeDamaged` when the records that would forbid it are not what was signed; the store's errors.
  static func bind(in store: any TrailStore, _ root: RootKeyring, log: NoteKey) throws -> Int64 {
    let count = try store.read { database in
      try database.number(
        "SELECT count(*) FROM subject_key WHERE length(wrapped) = ?", [.number(Int64(RootKey.unboundLength))])
    }
    guard let count, count > 0 else { return 0 }
    if try areForbidden(in: store, log) { return count }
    var last: Int64 = 0
    while let next = try store.write({ try bindSome(after: last, in: $0, root) }) { last = next }
    return 0
  }

  /// Whether a record says that all are bound. Every record is held against the signed head before it is said that none does.
  private static func areForbidden(in store: any TrailStore, _ log: NoteKey) throws -> Bool {
    guard let head = try store.read({ try TileStore.head(in: $0) }), let note = SignedNote(head.note) else {
      throw AuditError(.treeDamaged)
    }
    var proven = try ProvenRecords(note, log: log, root: nil, kinds: [.start])
    while let page = try store.read({ try proven.next($0) }) {
      if page.contains(where: { $0.record.entry.wrapVersion != nil }) { return true }
    }
    return false
  }

  /// One transaction's worth; the number of the last key, nil when there was none.
  private static func bindSome(
    after last: Int64, in database: any TrailDatabase, _ root: RootKeyring
  ) throws -> Int64? {
    let rows = try database.query(
      "SELECT id, pseudonym, wrapped FROM subject_key WHERE id > ? AND length(wrapped) = ? ORDER BY id LIMIT ?",
      [.number(last), .number(Int64(RootKey.unboundLength)), .number(keysInTransaction)]
    ) { (id: $0.number(0) ?? 0, pseudonym: $0.bytes(1), wrapped: $0.bytes(2)) }
    for row in rows {
      // One that is none stays, for the verification to find.
      guard let pseudonym = row.pseudonym, let key = root.unwrapUnbound(row.wrapped ?? [], id: row.id) else { continue }
      try database.execute(
        "UPDATE subject_key SET wrapped = ? WHERE id = ?",
        [.bytes(try root.wrap(key, of: pseudonym)), .number(row.id)])
    }
    return rows.last?.id
  }
}
