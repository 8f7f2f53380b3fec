// SPDX-License-Identifier: Apache-2.0

/// All records up to a checkpoint, oldest first, which are what the checkpoint says: their leaves have its root, and it bears the
/// signature of the log's key of then. Nothing is found by an index, so what is edited beside the leaves hides no record.
struct ProvenRecords {
  /// Who a record is about.
  enum Person: Hashable, Sendable {
    /// Pseudonym of a patient whom the trail still knows, whatever their records of before data keys hold.
    case pseudonym([UInt8])
    /// Number of the data key of one who was erased.
    case key(Int64)
  }

  private static let select = """
    SELECT record.sequence, leaf, coalesce(record.patient, owner.pseudonym), record.subject, owner.id, owner.pseudonym,
      owner.wrapped
    FROM record LEFT JOIN payload ON record.patient IS NOT NULL AND payload.sequence = record.sequence
    LEFT JOIN subject_key AS owner ON owner.id = coalesce(record.subject, payload.subject)
    WHERE record.sequence > ? AND record.sequence <= ? ORDER BY record.sequence
    """
  /// Records in one read, so that no snapshot is kept open while others write.
  private static let page: Int64 = 4096

  private let checkpoint: Checkpoint
  private let note: SignedNote
  private let root: RootKey?
  private var keys: LogKeys
  private var frontier = MerkleFrontier()
  private var tokens: [Int64: [UInt8]] = [:]

  /// - Parameters:
  ///   - note: the checkpoint.
  ///   - log: the log's key at its beginning.
  ///   - root: opens the patients' keys, which are then held against the tokens in the leaves.
  /// - Throws: `treeDamaged` for what is no checkpoint.
  init(_ note: SignedNote, log: NoteKey, root: RootKey?) throws(AuditError) {
    guard let checkpoint = Checkpoint(text: note.text) else { throw AuditError(.treeDamaged) }
    self.checkpoint = checkpoint
    self.note = note
    self.root = root
    keys = LogKeys(log)
  }

  /// A record, who it is about, and the number of the data key under which it and its payload lie.
  struct Proven {
    let record: AuditRecord
    let person: Person?
    let key: Int64?
  }

  /// The records that come next; none when all were given and are proved.
  ///
  /// - Throws: `damaged` for a record that is none or is another patient's than its leaf says; `treeDamaged` when one is missing, or
  ///   all together are not what was signed.
  mutating func next(_ database: any TrailDatabase) throws -> [Proven] {
    let start = frontier.size
    guard start < checkpoint.size else {
      let signer = keys.inForce(at: checkpoint.size)
      guard frontier.root == checkpoint.root, let signer, checkpoint.origin == signer.name, note.isSigned(by: [signer])
      else { throw AuditError(.treeDamaged, sequence: checkpoint.size) }
      return []
    }
    let end = min(start + Self.page, checkpoint.size)
    let rows = try database.rows(Self.select, [.number(start), .number(end)])
    var found: [Proven] = []
    while let row = try rows.next() {
      let record = try StoredRecord.record(row)
      guard record.sequence == frontier.size + 1 else { throw AuditError(.treeDamaged, sequence: frontier.size + 1) }
      // What is read back is what is hashed: a leaf that would be written otherwise is none.
      frontier.append(.leaf(row.bytes(1) ?? []))
      try check(record, row)
      if record.entry.kind == .key, let key = record.entry.note.flatMap({ NoteKey(vkey: $0) }) {
        keys.add(key, after: record.sequence)
      }
      found.append(Proven(record: record, person: Self.person(record, row), key: row.number(4)))
    }
    guard frontier.size == end else { throw AuditError(.treeDamaged, sequence: frontier.size + 1) }
    return found
  }

  /// Holds the column that says whose a record is against its leaf: all records of a key bear the token that is made with it.
  private mutating func check(_ record: AuditRecord, _ row: any TrailRow) throws {
    guard (record.subject == nil) == (row.number(3) == nil) else {
      throw AuditError(.damaged, sequence: record.sequence)
    }
    guard let token = record.subject, let id = row.number(3) else { return }
    if tokens[id] == nil {
      let key = try row.bytes(6).flatMap { wrapped in try root?.unwrap(wrapped, id: id) }
      tokens[id] = key?.token ?? token
    }
    guard tokens[id] == token else { throw AuditError(.damaged, sequence: record.sequence) }
  }

  private static func person(_ record: AuditRecord, _ row: any TrailRow) -> Person? {
    guard let id = row.number(4) else { return record.entry.patient.map { .pseudonym($0) } }
    guard let pseudonym = row.bytes(5) else { return .key(id) }
    return pseudonym == SubjectKeyring.nobody ? record.entry.patient.map { .pseudonym($0) } : .pseudonym(pseudonym)
  }
}
