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

  /// Records in one read, so that no snapshot is kept open while others write.
  private static let page: Int64 = 4096

  private let checkpoint: Checkpoint
  private let note: SignedNote
  private let root: RootKeyring?
  /// The kinds of what is given, and of what says which keys there are; nil for all.
  private let kinds: Set<AuditEntry.Kind>?
  /// Whether what is damaged is passed over and counted, and does not end it.
  private let passesOverDamage: Bool
  /// The log's key that the folder has now.
  private let signer: NoteKey?
  private var keys: LogKeys
  private var frontier = MerkleFrontier()
  /// Data keys that were held against their patients.
  private var confirmed: Set<Int64> = []
  private var tokens: [Int64: [UInt8]] = [:]
  /// Data keys that are destroyed, with the first record under each, until a record says so.
  private(set) var lost: [Int64: Int64] = [:]
  /// Records that were passed over: their leaves are missing, or are not what was signed.
  private(set) var unproven: [Int64] = []
  /// Proposals among them, as they can be read: nothing proves what they say.
  private(set) var unprovenProposals: [AuditRecord] = []

  /// - Parameters:
  ///   - note: the checkpoint.
  ///   - log: the log's key at its beginning.
  ///   - root: opens the patients' keys, which are then held against the tokens in the leaves and against their pseudonyms.
  ///   - kinds: what is looked for, nil for everything: of other records only the leaves are held against the checkpoint.
  ///   - passesOverDamage: whether a record that is damaged is passed over. The stored hash stands for its leaf, so that all others are what
  ///     the checkpoint says all the same; and whoever goes on has to say what was passed over (`unproven`, `lost`, `isPersonProven`).
  ///   - signer: the log's key that the folder has now. It is enough where damage is passed over: the record that says that the log signs
  ///     with it may be what is damaged.
  /// - Throws: `treeDamaged` for what is no checkpoint.
  init(
    _ note: SignedNote, log: NoteKey, root: RootKeyring?, kinds: Set<AuditEntry.Kind>? = nil,
    passesOverDamage: Bool = false, signer: NoteKey? = nil
  ) throws(AuditError) {
    guard let checkpoint = Checkpoint(text: note.text) else { throw AuditError(.treeDamaged) }
    self.checkpoint = checkpoint
    self.note = note
    self.root = root
    self.kinds = kinds?.union([.key, .erasure])
    self.passesOverDamage = passesOverDamage
    self.signer = signer
    keys = LogKeys(log)
  }

  /// A record, who it is about, and the number of the data key under which it and its payload lie.
  struct Proven {
    let record: AuditRecord
    let person: Person?
    let key: Int64?
    /// Whether the data key is what says whose it is; false only where damage is passed over.
    let isPersonProven: Bool
  }

  /// How many records were looked at.
  var size: Int64 { frontier.size }

  /// The records that come next, of a page of which there may be none; nil when all were given and are proved.
  ///
  /// - Throws: `damaged` for a record that is none or is another patient's than its leaf says; `olderSchema` where data keys are not
  ///   bound to their patients yet; `treeDamaged` when one is missing, or
  ///   all together are not what was signed.
  mutating func next(_ database: any TrailDatabase) throws -> [Proven]? {
    let start = frontier.size
    guard start < checkpoint.size else {
      guard frontier.root == checkpoint.root, isSigned else {
        throw AuditError(.treeDamaged, sequence: checkpoint.size)
      }
      if !passesOverDamage { try checkLost() }
      return nil
    }
    let end = min(start + Self.page, checkpoint.size)
    let signed = try passesOverDamage ? Self.hashes(start..<end, in: database) : []
    let query = try database.rows(LeafRows.select, [.number(start), .number(end)])
    // Leaves are read and hashed beside what fetches the next, and looked at here in their order.
    var pieces: [(rows: LeafRows, leaves: Pending<[LeafRows.Leaf]>)] = []
    while let rows = try LeafRows(query) { pieces.append((rows, Pending { [kinds] in rows.read(kinds) })) }
    var found: [Proven] = []
    found.reserveCapacity(Int(end - start))
    for piece in pieces {
      for (row, leaf) in zip(piece.rows.rows, piece.leaves.value() ?? []) {
        if passesOverDamage {
          while frontier.size + 1 < row.sequence ?? 0 { try passOver(signed, from: start) }
          let place = Int(frontier.size - start)
          if !signed.indices.contains(place) || signed[place] != leaf.hash || leaf.record == nil && !leaf.isPassedOver {
            if let record = leaf.record, record.entry.kind == .proposal { unprovenProposals.append(record) }
            try passOver(signed, from: start)
            continue
          }
        }
        guard row.sequence == frontier.size + 1 else {
          throw AuditError(.treeDamaged, sequence: frontier.size + 1)
        }
        frontier.append(leaf.hash)
        if leaf.isPassedOver { continue }
        guard let record = leaf.record else { throw AuditError(.damaged, sequence: row.sequence) }
        var isPersonProven = true
        do {
          try check(record, row)
        } catch let error as AuditError where passesOverDamage && error.code == .damaged {
          isPersonProven = false
        }
        if record.entry.kind == .key, let key = record.entry.note.flatMap({ NoteKey(vkey: $0) }) {
          keys.add(key, after: record.sequence)
        }
        if record.entry.kind == .erasure {
          for id in ErasureNote.keys(in: record.entry.note ?? "") { lost[id] = nil }
        }
        found.append(
          Proven(
            record: record, person: isPersonProven ? Self.person(record, row) : nil, key: row.key,
            isPersonProven: isPersonProven))
      }
    }
    while passesOverDamage, frontier.size < end { try passOver(signed, from: start) }
    guard frontier.size == end else { throw AuditError(.treeDamaged, sequence: frontier.size + 1) }
    return found
  }

  /// Whether the checkpoint bears the signature of the log's key of then, or of now where the record that says so may be passed over.
  private var isSigned: Bool {
    var signers = [keys.inForce(at: checkpoint.size)].compactMap(\.self)
    if !unproven.isEmpty, let signer { signers.append(signer) }
    return signers.contains { checkpoint.origin == $0.name && note.isSigned(by: [$0]) }
  }

  /// The hashes of leaves behind a number that is a whole page's, as they are stored.
  private static func hashes(_ numbers: Range<Int64>, in database: any TrailDatabase) throws -> [MerkleHash] {
    let width = Int64(MerkleTile.width)
    let last = (numbers.upperBound - 1) / width
    var hashes: [MerkleHash] = []
    for position in (numbers.lowerBound / width)...last {
      let tile = try TileStore.tile(level: 0, position: position, in: database)
      guard let tile, tile.hashes.count == MerkleTile.width || position == last else {
        throw AuditError(.treeDamaged, sequence: position * width + 1)
      }
      hashes += tile.hashes
    }
    return hashes
  }

  /// Goes on behind a record that is damaged with its stored hash, which is signed if all together are.
  private mutating func passOver(_ signed: [MerkleHash], from start: Int64) throws {
    let place = Int(frontier.size - start)
    guard signed.indices.contains(place) else { throw AuditError(.treeDamaged, sequence: frontier.size + 1) }
    frontier.append(signed[place])
    unproven.append(frontier.size)
  }

  /// Holds what says whose a record is against its leaf and the data key: all records of a key bear the token that is made with it, and
  /// it lies beside the pseudonym that it was stored beside.
  private mutating func check(_ record: AuditRecord, _ row: LeafRows.Row) throws {
    let damaged = AuditError(.damaged, sequence: record.sequence)
    guard (record.subject == nil) == (row.subject == nil) else { throw damaged }
    guard let id = row.key else {
      // The row of a key stays when the key is destroyed.
      guard record.subject == nil else { throw damaged }
      return
    }
    let pseudonym = row.pseudonym
    if confirmed.insert(id).inserted {
      let wrapped = row.wrapped
      guard (wrapped == nil) == (pseudonym == nil) else {
        // Where this record is passed over, so is the next.
        confirmed.remove(id)
        throw damaged
      }
      if let wrapped {
        if let root {
          do throws(AuditError) {
            tokens[id] = try root.unwrap(wrapped, id: id, of: pseudonym).token
          } catch {
            confirmed.remove(id)
            throw error.code == .olderSchema && !passesOverDamage ? error : damaged
          }
        }
      } else {
        lost[id] = record.sequence
      }
    }
    if let token = record.subject {
      guard tokens[id, default: token] == token else { throw damaged }
      tokens[id] = token
    } else if let patient = record.entry.patient, let pseudonym, pseudonym != patient {
      throw damaged
    }
  }

  /// A key that is gone without a record hides its patient. A row behind the signed head is not proven and excuses none: where a
  /// patient was erased while the records were read, the report is asked for again.
  private func checkLost() throws {
    if let first = lost.values.min() { throw AuditError(.damaged, sequence: first) }
  }

  private static func person(_ record: AuditRecord, _ row: LeafRows.Row) -> Person? {
    guard let id = row.key else { return record.entry.patient.map { .pseudonym($0) } }
    guard let pseudonym = row.pseudonym else { return .key(id) }
    return pseudonym == SubjectKeyring.nobody ? record.entry.patient.map { .pseudonym($0) } : .pseudonym(pseudonym)
  }
}
