// SPDX-License-Identifier: Apache-2.0

/// Some records in a row with what is stored of their data keys, copied out of the store, so that another thread reads their leaves
/// while the next are fetched.
struct LeafRows: Sendable {
  /// What a query has to give, in the order of `Row`.
  static let select = """
    SELECT record.sequence, leaf, coalesce(record.patient, owner.pseudonym), record.subject, owner.id, owner.pseudonym,
      owner.wrapped
    FROM record LEFT JOIN payload ON record.patient IS NOT NULL AND payload.sequence = record.sequence
    LEFT JOIN subject_key AS owner ON owner.id = coalesce(record.subject, payload.subject)
    WHERE record.sequence > ? AND record.sequence <= ? ORDER BY record.sequence
    """
  private static let most = 512

  /// One record, its leaf unread.
  struct Row: Sendable {
    let sequence: Int64?
    let leaf: [UInt8]
    /// Of whom the record is, as a pseudonym.
    let patient: [UInt8]?
    /// Number of its data key, as the column has it.
    let subject: Int64?
    /// Number of the data key under which it or, of before data keys, its content lies.
    let key: Int64?
    /// What is stored beside that key.
    let pseudonym: [UInt8]?
    /// That key, wrapped; nil when it was destroyed.
    let wrapped: [UInt8]?
  }

  private(set) var rows: [Row] = []

  /// The next rows of a query; nil when there are none.
  init?(_ query: TrailRows) throws {
    rows.reserveCapacity(Self.most)
    while rows.count < Self.most, let row = try query.next() {
      rows.append(
        Row(
          sequence: row.number(0), leaf: row.bytes(1) ?? [], patient: row.bytes(2), subject: row.number(3),
          key: row.number(4), pseudonym: row.bytes(5), wrapped: row.bytes(6)))
    }
    if rows.isEmpty { return nil }
  }

  /// Each leaf as the record it is, nil where it is none in its place, with its hash.
  func read() -> [(record: AuditRecord?, hash: MerkleHash)] {
    rows.map { row in
      (StoredRecord.record(row.leaf, at: row.sequence, of: row.patient), MerkleHash.leaf(row.leaf))
    }
  }
}
