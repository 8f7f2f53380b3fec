// SPDX-License-Identifier: Apache-2.0
/// Reads records out of the tables, each checked against itself.
enum StoredRecord {
  /// What `record(_:)` needs of a row.
  static let select = """
    SELECT sequence, leaf, coalesce(record.patient, subject_key.pseudonym) AS pseudonym
    FROM record LEFT JOIN subject_key ON subject_key.id = record.subject
    """

  /// The record of a row, without its payload.
  static func record(_ row: any TrailRow) throws(AuditError) -> AuditRecord {
    let sequence = row.number(0)
    guard let record = row.bytes(1).flatMap({ record($0, at: sequence, of: row.bytes(2)) }) else {
      throw AuditError(.damaged, sequence: sequence)
    }
    return record
  }

  /// The record that a leaf is; nil when it is none, or another than its row says.
  ///
  /// - Parameter pseudonym: the patient's, as it is stored beside the data key.
  static func record(_ leaf: [UInt8], at sequence: Int64?, of pseudonym: [UInt8]?) -> AuditRecord? {
    guard var record = AuditRecord(leaf: leaf), record.sequence == sequence else { return nil }
    if record.subject != nil, let pseudonym {
      record.isOfNobody = pseudonym == SubjectKeyring.nobody
      if !record.isOfNobody { record.entry.patient = pseudonym }
    }
    return record
  }

  /// The record with a number, without its payload; nil where there is none.
  static func record(_ sequence: Int64, _ database: any TrailDatabase) throws -> AuditRecord? {
    try database.query("\(select) WHERE sequence = ?", [.number(sequence)], record).first
  }

  /// Whether a leaf is the one of which the tree has the hash at a number. That the hash is signed says the root over all alone.
  ///
  /// - Throws: `treeDamaged` where there is none.
  static func isInTree(_ leaf: [UInt8], at sequence: Int64, _ database: any TrailDatabase) throws -> Bool {
    guard sequence > 0 else { return false }
    let nodes = TileStore.nodes(in: database)
    return try nodes(0, sequence - 1) == MerkleHash.leaf(leaf)
  }

  /// The patient's data key that the record with a number lies under; nil where there is none, or it was destroyed.
  ///
  /// - Throws: `keyUnusable`, `keyChanged`, `olderSchema`.
  static func key(of sequence: Int64, _ database: any TrailDatabase, _ root: RootKeyring?) throws -> SubjectKey? {
    // The leaf of a record of before data keys names none: what it was made of lies under one.
    let stored = try database.query(
      """
      SELECT subject_key.id, wrapped, pseudonym FROM record LEFT JOIN payload ON payload.sequence = record.sequence
      JOIN subject_key ON subject_key.id = coalesce(record.subject, payload.subject) WHERE record.sequence = ?
      """, [.number(sequence)]
    ) { (id: $0.number(0), wrapped: $0.bytes(1), pseudonym: $0.bytes(2)) }
    guard let row = stored.first, let id = row.id, let wrapped = row.wrapped, row.pseudonym != SubjectKeyring.nobody
    else { return nil }
    guard let root else { throw AuditError(.keyUnusable) }
    return try root.unwrap(wrapped, id: id, of: row.pseudonym)
  }

  /// What the record was made of; nil for a record without.
  ///
  /// - Parameter destroyed: numbers of the data keys that records say were destroyed.
  /// - Throws: `erased`, `keyUnusable`, `keyChanged`, `olderSchema`, `damaged`.
  static func payload(
    of record: AuditRecord, _ database: any TrailDatabase, _ root: RootKeyring?, destroyed: Set<Int64>
  ) throws -> AuditPayload? {
    guard let plain = try content(of: record, database, root, destroyed: destroyed) else { return nil }
    guard let payload = AuditPayload(bytes: plain) else { throw AuditError(.damaged, sequence: record.sequence) }
    return payload
  }

  /// The canonical bytes of the same, which the leaf commits to. What lies under another data key than its record was put there: that this
  /// key was destroyed is no erasure.
  static func content(
    of record: AuditRecord, _ database: any TrailDatabase, _ root: RootKeyring?, destroyed: Set<Int64>
  ) throws -> [UInt8]? {
    guard let commitment = record.commitment else { return nil }
    let damaged = AuditError(.damaged, sequence: record.sequence)
    let stored = try database.query(
      """
      SELECT encoding, bytes, subject_key.id, wrapped, pseudonym, record.subject
      FROM payload LEFT JOIN subject_key ON subject_key.id = payload.subject
      LEFT JOIN record ON record.sequence = payload.sequence WHERE payload.sequence = ?
      """, [.number(record.sequence)]
    ) {
      (
        encoding: $0.number(0), bytes: $0.bytes(1), subject: $0.number(2), wrapped: $0.bytes(3), pseudonym: $0.bytes(4),
        ofRecord: $0.number(5)
      )
    }
    guard let row = stored.first, let bytes = row.bytes, let encoding = row.encoding.flatMap(PayloadEncoding.init)
    else { throw damaged }
    guard encoding.isSealed else {
      guard let plain = SealedPayload.read(bytes, encoding, commitment: commitment) else { throw damaged }
      return plain
    }
    guard let subject = row.subject else { throw damaged }
    guard let wrapped = row.wrapped, !destroyed.contains(subject) else {
      guard row.ofRecord == nil || row.ofRecord == subject else { throw damaged }
      throw AuditError(.erased, sequence: record.sequence)
    }
    guard let root else { throw AuditError(.keyUnusable) }
    let key = try root.unwrap(wrapped, id: subject, of: row.pseudonym)
    guard let plain = SealedPayload.open(bytes, encoding, under: key, commitment: commitment) else { throw damaged }
    return plain
  }
}
