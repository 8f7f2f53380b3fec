// SPDX-License-Identifier: Apache-2.0
import Foundation

extension TrailVerification {
  /// One walk over the trail from the first record to the last.
  struct Pass {
    var tree: VerifiedTree
    private(set) var faults = FoundFaults()
    private(set) var checkpoints = 0
    private(set) var cosignatures = 0
    private(set) var payloads: Int64 = 0
    private(set) var opened: Int64 = 0
    private(set) var erased: Int64 = 0
    private(set) var boundKeys = 0

    private let anchors: Anchors
    private var signers: LogKeys
    /// Signed notes still to be met, the smallest tree last.
    private var notes: [(size: Int64, note: String, origin: Origin)]
    private let keys: VerifiedKeys
    private var subjectTokens: [Int64: MerkleHash] = [:]
    /// The first record that lies under each data key.
    private var firstRecords: [Int64: Int64] = [:]
    private var destroyed: [Int64: Int64] = [:]
    /// Data keys that are not what was stored.
    private var changedKeys: Set<Int64> = []
    /// The root key that the last record of one put in force (`RootKey.fingerprint`).
    private var rootKey: [UInt8]?
    /// Whether a record says that all data keys are bound to their patients.
    private var bindsKeys = false
    private var holds = VerifiedHolds()
    private var heads: VerifiedHeads
    private var block = VerifiedBlock(after: 0)
    /// Whole blocks that are being compared with what is stored of them.
    private var blocks: [Pending<Int64?>] = []
    private var lastTime: Int64 = 0

    private enum Origin { case kept, head, anchor }

    init(_ database: any TrailDatabase, _ anchors: Anchors) throws {
      self.anchors = anchors
      tree = VerifiedTree { level, position in
        let id = Int64(level) * (1 << 48) + position
        return try database.query("SELECT hashes FROM tile WHERE id = ?", [.number(id)]) { $0.bytes(0) }.first ?? nil
      }
      func signed(_ table: String, _ origin: Origin) throws -> [(Int64, String, Origin)] {
        try database.query("SELECT size, note FROM \(table)", []) { ($0.number(0) ?? 0, $0.text(1) ?? "", origin) }
      }
      notes = try signed("checkpoint", .kept) + signed("head", .head)
      heads = VerifiedHeads(kept: notes.filter { $0.origin == .kept }.map(\.size))
      signers = LogKeys(anchors.log)
      for note in anchors.checkpoints {
        let size = Checkpoint(text: note.text)?.size ?? 0
        notes.append((size, note.description, .anchor))
      }
      notes.sort { $0.size > $1.size }
      keys = try VerifiedKeys(database, anchors.root)
    }

    /// Pieces of the trail that are read before the first of them is checked: enough that no processor waits, and bounded whatever
    /// the trail's size.
    private static let piecesAhead = 2 * ProcessInfo.processInfo.activeProcessorCount + 2

    mutating func run(_ database: any TrailDatabase, progress: (Int, Int) -> Void) throws {
      let rows = try database.rows(StoredRows.select, [])
      try meetNotes()
      var pieces: [Pending<VerifiedRows>] = []
      var isRead = false
      var failure: (any Error)?
      while true {
        while !isRead, pieces.count < Self.piecesAhead {
          guard let stored = StoredRows(rows) else {
            isRead = true
            break
          }
          pieces.append(Pending { [keys] in VerifiedRows(stored, keys) })
          failure = stored.failure
          isRead = failure != nil
        }
        guard !pieces.isEmpty, let piece = pieces.removeFirst().value() else { break }
        for record in piece.records {
          guard try add(record, piece.terms, database) else { return }
          if record.sequence % 16_384 == 0 {
            progress(Int(record.sequence), Int(notes.first?.size ?? record.sequence))
          }
        }
      }
      // What was read before it is looked at all the same.
      if let failure { throw failure }
      try finish(database)
    }

    /// Checks one record in its place among the others; false when there is no use in going on.
    private mutating func add(_ record: VerifiedRows.Record, _ terms: [UInt64], _ database: any TrailDatabase) throws
      -> Bool
    {
      if faults.isFull { return false }
      while tree.frontier.size + 1 < record.sequence {
        guard try addMissing() else { return false }
        try endBlock(with: tree.frontier.size, database)
      }
      try tree.append(record.hash, faults: &faults)
      if let leaf = record.leaf {
        check(leaf, record)
        check(leaf.payload, record.sequence)
        check(leaf.deed, record)
        if let number = leaf.amends, try !isOfItsPatient(number, record, database) {
          faults.add(.amendmentDiffers, record.sequence)
        }
        block.add(terms[leaf.terms], record.sequence, time: leaf.time)
      } else {
        faults.add(.leafUnreadable, record.sequence)
      }
      try meetNotes()
      try endBlock(with: record.sequence, database)
      return true
    }

    /// A gap in the numbers; false when the tree cannot go on without it.
    private mutating func addMissing() throws -> Bool {
      let sequence = tree.frontier.size + 1
      faults.add(.recordMissing, sequence)
      try tree.append(nil, faults: &faults)
      try meetNotes()
      return tree.frontier.size == sequence && !faults.isFull
    }

    /// Has what is stored of a block compared when its last record is reached.
    private mutating func endBlock(with sequence: Int64, _ database: any TrailDatabase) throws {
      guard VerifiedBlock.ends(with: sequence) else { return }
      let stored = try block.stored(database)
      blocks.append(Pending { [block] in block.firstDifference(stored) })
      block = VerifiedBlock(after: sequence)
      if blocks.count > 2 { meetBlock() }
    }

    private mutating func meetBlock() {
      if case .some(.some(let first)) = blocks.removeFirst().value() { faults.add(.indexDiffers, first) }
    }

    private mutating func check(_ leaf: VerifiedRows.Leaf, _ record: VerifiedRows.Record) {
      for id in [record.subject, record.payloadSubject] {
        if let id, firstRecords[id] == nil { firstRecords[id] = record.sequence }
      }
      if let id = leaf.changedKey { changedKeys.insert(id) }
      heads.add(record.sequence, isTurn: leaf.isTurn, hasToken: leaf.token != nil)
      // All records of one key bear one token, and no other's.
      var isSubjects = true
      if let subject = record.subject, let token = leaf.token {
        isSubjects = subjectTokens[subject, default: token] == token && keys.keys[subject] != nil
        subjectTokens[subject] = token
        if destroyed[subject] != nil { faults.add(.keyUsedAfterErasure, record.sequence) }
      }
      if !leaf.agrees || !isSubjects { faults.add(.columnsDiffer, record.sequence) }
      if leaf.time <= lastTime - AuditRecord.sideBySide { faults.add(.timeWentBack, record.sequence) }
      lastTime = leaf.time
    }

    private mutating func check(_ payload: VerifiedPayload, _ sequence: Int64) {
      switch payload {
      case .none: return
      case .unexpected: return faults.add(.payloadUnexpected, sequence)
      case .missing: return faults.add(.payloadMissing, sequence)
      case .changed: faults.add(.payloadChanged, sequence)
      case .keyLost: faults.add(.keyLost, sequence)
      case .erased: erased += 1
      case .opened: opened += 1
      case .sealed, .plain: break
      }
      payloads += 1
    }

    /// What a record says was done: keys destroyed, holds put on and released, the log's key changed.
    private mutating func check(_ deed: VerifiedRows.Deed?, _ record: VerifiedRows.Record) {
      switch deed {
      case .hold(let legalCase): holds.hold(record.subject, of: legalCase, record.sequence)
      case .release(let legalCase, let proposal):
        holds.release(record.subject, of: legalCase, proposal: proposal, record.sequence)
      case .erasure(let ids): for id in ids { destroyed[id] = record.sequence }
      case .bindsKeys: bindsKeys = true
      case .key(let key): signers.add(key, after: record.sequence)
      case .rootKey(let fingerprint): rootKey = fingerprint
      case nil: break
      }
    }

    /// Whether an amendment is of an earlier record that lies under the same patient's data key and is no amendment itself.
    private func isOfItsPatient(
      _ number: Int64, _ record: VerifiedRows.Record, _ database: any TrailDatabase
    ) throws -> Bool {
      guard number < record.sequence, let subject = record.subject,
        keys.keys[subject]?.pseudonym != SubjectKeyring.nobody
      else { return false }
      // The columns of what is in front were held against the leaves.
      let amended = try database.query(
        """
        SELECT kind, coalesce(record.subject, payload.subject)
        FROM record LEFT JOIN payload ON payload.sequence = record.sequence WHERE record.sequence = ?
        """, [.number(number)]
      ) { (kind: $0.text(0), subject: $0.number(1)) }
      return amended.first.map { $0.kind != "amendment" && $0.subject == subject } ?? false
    }

    /// Compares every signed note whose size is reached.
    private mutating func meetNotes() throws {
      while let next = notes.last, next.size <= tree.frontier.size {
        notes.removeLast()
        check(next.note, next.size, next.origin)
      }
    }

    private mutating func check(_ text: String, _ size: Int64, _ origin: Origin) {
      let wrong: TrailFault.Code =
        switch origin {
        case .kept: .checkpointDiffers
        case .head: .headDiffers
        case .anchor: .anchorDiffers
        }
      guard let note = SignedNote(text), let checkpoint = Checkpoint(text: note.text), checkpoint.size == size,
        let signer = signers.inForce(at: size), checkpoint.origin == signer.name, note.isSigned(by: [signer])
      else { return faults.add(.checkpointUnsigned, size) }
      guard checkpoint.root == tree.frontier.root, size == tree.frontier.size else { return faults.add(wrong, size) }
      checkpoints += 1
    }

    private mutating func finish(_ database: any TrailDatabase) throws {
      while !blocks.isEmpty { meetBlock() }
      try tree.finish(faults: &faults)
      if let sequence = try tree.firstStray(in: database) { faults.add(.tileChanged, sequence) }
      let last = tree.frontier.size
      for note in notes {
        faults.add(note.origin == .anchor ? .anchorAhead : .headDiffers, last + 1)
      }
      let head = try database.number("SELECT size FROM head") ?? 0
      if head != last { faults.add(.headDiffers, min(head, last) + 1) }
      for sequence in heads.missing(records: last) { faults.add(.checkpointMissing, sequence) }
      checkKeys()
      for sequence in try holds.differences(database, pseudonyms: keys.keys.mapValues(\.pseudonym)) {
        faults.add(.holdDiffers, sequence)
      }
      let orphans = try database.query(
        """
        SELECT payload.sequence FROM payload LEFT JOIN record ON record.sequence = payload.sequence
        WHERE record.sequence IS NULL LIMIT 10
        """, []
      ) { $0.number(0) }
      for sequence in orphans { faults.add(.payloadUnexpected, sequence) }
      if let sequence = try VerifiedBlock.firstUnexpected(records: last, database) {
        faults.add(.indexDiffers, sequence)
      }
      try checkCosignatures(database)
    }

    /// Looks at the data keys themselves: none is gone, back or another's without a record that says so.
    private mutating func checkKeys() {
      // Data keys that lie under a root key that is not here were changed by nobody.
      let lacksRoot = rootKey.map(keys.lacksRoot) ?? opensNone()
      if lacksRoot { faults.add(.rootKeyUnusable) }
      var found: [TrailFault] = []
      for (id, key) in keys.keys {
        let first = firstRecords[id]
        guard let wrapped = key.wrapped else {
          if destroyed[id] == nil { found.append(TrailFault(.keyLost, first)) }
          if key.pseudonym != nil { found.append(TrailFault(.keyChanged, first)) }
          continue
        }
        if let sequence = destroyed[id] {
          found.append(TrailFault(.keyReturned, sequence))
          continue
        }
        let isUnbound = wrapped.count == RootKey.unboundLength
        let isChanged = isAnother(id)
        if isChanged && !lacksRoot || key.pseudonym == nil || isUnbound && bindsKeys {
          found.append(TrailFault(.keyChanged, first))
        } else if isChanged {
          continue
        } else if keys.hasRoot, !isUnbound {
          boundKeys += 1
        }
      }
      // Of too many those of the first records.
      found.sort { ($0.sequence ?? .max) < ($1.sequence ?? .max) }
      for fault in found { faults.add(fault.code, fault.sequence) }
    }

    /// Whether a data key is not what was stored. Those of records were opened on the way.
    private func isAnother(_ id: Int64) -> Bool {
      firstRecords[id] == nil ? keys.isChanged(id) : changedKeys.contains(id)
    }

    /// Whether the root key is another trail's, where no record names one: the rule of a start (`SubjectKeyring.opensSome`).
    private func opensNone() -> Bool {
      guard keys.hasRoot else { return false }
      var closed = 0
      for (id, key) in keys.keys where destroyed[id] == nil {
        guard let wrapped = key.wrapped else { continue }
        guard isAnother(id) else { return false }
        if wrapped.count != RootKey.unboundLength { closed += 1 }
      }
      return closed > 1
    }

    private mutating func checkCosignatures(_ database: any TrailDatabase) throws {
      var silent = Set(anchors.witnesses.map(\.name))
      let rows = try database.rows(
        "SELECT size, line, note FROM cosignature JOIN checkpoint USING (size) ORDER BY size", [])
      while let row = try rows.next() {
        guard let note = row.text(2).flatMap({ SignedNote($0) }),
          let signature = row.text(1).flatMap({ SignedNote.Signature(line: $0.dropLast()) })
        else {
          faults.add(.cosignatureInvalid, row.number(0))
          continue
        }
        guard let key = anchors.witnesses.first(where: { $0.name == signature.name && $0.id == signature.keyID })
        else { continue }
        silent.remove(key.name)
        if key.isValid(signature.bytes, of: note.text) {
          cosignatures += 1
        } else {
          faults.add(.cosignatureInvalid, row.number(0))
        }
      }
      if !silent.isEmpty { faults.add(.cosignatureMissing, nil) }
    }
  }
}
