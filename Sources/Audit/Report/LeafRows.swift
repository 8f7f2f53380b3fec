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

  /// A leaf that was read.
  struct Leaf: Sendable {
    /// Nil where it is none in its place, and where it was passed over.
    let record: AuditRecord?
    /// Whether it says that it is of a kind that nobody asked for.
    let isPassedOver: Bool
    let hash: MerkleHash
  }

  /// Each leaf with its hash, those of other kinds than what is asked for without the record.
  func read(_ kinds: Set<AuditEntry.Kind>?) -> [Leaf] {
    let names = kinds.map { $0.map { Array($0.rawValue.utf8) } }
    return rows.map { row in
      let hash = MerkleHash.leaf(row.leaf)
      if let names, let kind = Self.kind(of: row.leaf), !names.contains(where: kind.elementsEqual) {
        return Leaf(record: nil, isPassedOver: true, hash: hash)
      }
      return Leaf(
        record: StoredRecord.record(row.leaf, at: row.sequence, of: row.patient), isPassedOver: false, hash: hash)
    }
  }

  /// The kind, which stands behind number and time, each eight bytes; nil where it does not.
  private static func kind(of leaf: [UInt8]) -> ArraySlice<UInt8>? {
    let (tag, length) = (27, 8)
    guard leaf.count > tag + 4, leaf[1] == 1, leaf[5] == length, leaf[14] == 2, leaf[18] == length, leaf[tag] == 3,
      leaf[(tag + 1)..<(tag + 4)].allSatisfy({ $0 == 0 })
    else { return nil }
    let start = tag + 5
    let end = start + Int(leaf[tag + 4])
    return end <= leaf.count ? leaf[start..<end] : nil
  }
}
