// SPDX-License-Identifier: Apache-2.0
import Foundation

extension TrailVerification {
  /// One walk over the trail from the first record to the last.
  struct Pass {
    var tree: VerifiedTree
    private(set) var faults: [TrailFault] = []
    private(set) var checkpoints = 0
    private(set) var cosignatures = 0
    private(set) var payloads: Int64 = 0
    private(set) var opened: Int64 = 0
    private(set) var erased: Int64 = 0

    private let anchors: Anchors
    private var signers: LogKeys
    /// Signed notes still to be met, the smallest tree last.
    private var notes: [(size: Int64, note: String, origin: Origin)]
    private let keys: VerifiedKeys
    private var subjectTokens: [Int64: MerkleHash] = [:]
    private var destroyed: [Int64: Int64] = [:]
    private var holds = VerifiedHolds()
    private var block = VerifiedBlock(after: 0)
    /// Whole blocks that are being compared with what is stored of them.
    private var blocks: [Pending<Int64?>] = []
    private var lastTime = Int64.min
    /// How many of `faults` are none.
    private var remarks = 0

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
      while true {
        while !isRead, pieces.count < Self.piecesAhead {
          if let stored = try StoredRows(rows) {
            pieces.append(Pending { [keys] in VerifiedRows(stored, keys) })
          } else {
            isRead = true
          }
        }
        guard !pieces.isEmpty, let piece = pieces.removeFirst().value() else { break }
        for record in piece.records {
          guard try add(record, piece.terms, database) else { return }
          if record.sequence % 16_384 == 0 {
            progress(Int(record.sequence), Int(notes.first?.size ?? record.sequence))
          }
        }
      }
      try finish(database)
    }

    /// Checks one record in its place among the others; false when there is no use in going on.
    private mutating func add(_ record: VerifiedRows.Record, _ terms: [UInt64], _ database: any TrailDatabase) throws
      -> Bool
    {
      if isFull { return false }
      while tree.frontier.size + 1 < record.sequence {
        guard try addMissing() else { return false }
        try endBlock(with: tree.frontier.size, database)
      }
      try tree.append(record.hash, faults: &faults)
      if let leaf = record.leaf {
        check(leaf, record)
        check(leaf.payload, record.sequence)
        check(leaf.deed, record)
        block.add(terms[leaf.terms], record.sequence, time: leaf.time)
      } else {
        report(.leafUnreadable, record.sequence)
      }
      try meetNotes()
      try endBlock(with: record.sequence, database)
      return true
    }

    /// Whether more faults would say nothing new. What is no fault does not count: answers that are given side by side are on record
    /// in another order than they were begun, and no number of these may end the walk.
    private var isFull: Bool { faults.count - remarks >= TrailVerification.mostFaults }

    private mutating func report(_ code: TrailFault.Code, _ sequence: Int64? = nil) {
      if !code.isFault {
        guard remarks < TrailVerification.mostFaults else { return }
        remarks += 1
      }
      faults.append(TrailFault(code, sequence))
    }

    /// A gap in the numbers; false when the tree cannot go on without it.
    private mutating func addMissing() throws -> Bool {
      let sequence = tree.frontier.size + 1
      report(.recordMissing, sequence)
      try tree.append(nil, faults: &faults)
      try meetNotes()
      return tree.frontier.size == sequence && !isFull
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
      if case .some(.some(let first)) = blocks.removeFirst().value() { report(.indexDiffers, first) }
    }

    private mutating func check(_ leaf: VerifiedRows.Leaf, _ record: VerifiedRows.Record) {
      // All records of one key bear one token, and no other's.
      var isSubjects = true
      if let subject = record.subject, let token = leaf.token {
        isSubjects = subjectTokens[subject, default: token] == token && keys.keys[subject] != nil
        subjectTokens[subject] = token
        if destroyed[subject] != nil { report(.keyUsedAfterErasure, record.sequence) }
      }
      if !leaf.agrees || !isSubjects { report(.columnsDiffer, record.sequence) }
      if leaf.time < lastTime { report(.timeWentBack, record.sequence) }
      lastTime = leaf.time
    }

    private mutating func check(_ payload: VerifiedPayload, _ sequence: Int64) {
      switch payload {
      case .none: return
      case .unexpected: return report(.payloadUnexpected, sequence)
      case .missing: return report(.payloadMissing, sequence)
      case .changed: report(.payloadChanged, sequence)
      case .keyLost: report(.keyLost, sequence)
      case .erased: erased += 1
      case .opened: opened += 1
      case .sealed, .plain: break
      }
      payloads += 1
    }

    /// What a record says was done: keys destroyed, holds put on and released, the log's key changed.
    private mutating func check(_ deed: VerifiedRows.Deed?, _ record: VerifiedRows.Record) {
      switch deed {
      case .hold: holds.hold(record.subject, record.sequence)
      case .release: holds.release(record.subject, record.sequence)
      case .erasure(let ids): for id in ids { destroyed[id] = record.sequence }
      case .key(let key): signers.add(key, after: record.sequence)
      case nil: break
      }
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
      else { return report(.checkpointUnsigned, size) }
      guard checkpoint.root == tree.frontier.root, size == tree.frontier.size else { return report(wrong, size) }
      checkpoints += 1
    }

    private mutating func finish(_ database: any TrailDatabase) throws {
      while !blocks.isEmpty { meetBlock() }
      try tree.finish(faults: &faults)
      let last = tree.frontier.size
      for note in notes {
        report(note.origin == .anchor ? .anchorAhead : .headDiffers, last + 1)
      }
      let head = try database.number("SELECT size FROM head") ?? 0
      if head != last { report(.headDiffers, min(head, last) + 1) }
      for (id, sequence) in destroyed where keys.keys[id]?.wrapped != nil { report(.keyReturned, sequence) }
      for (id, key) in keys.keys where key.wrapped == nil && destroyed[id] == nil {
        report(
          .keyLost,
          try database.number("SELECT min(sequence) FROM record WHERE subject = ?", [.number(id)]))
      }
      for sequence in try holds.differences(database, pseudonyms: keys.keys.mapValues(\.pseudonym)) {
        report(.holdDiffers, sequence)
      }
      let orphans = try database.query(
        """
        SELECT payload.sequence FROM payload LEFT JOIN record ON record.sequence = payload.sequence
        WHERE record.sequence IS NULL LIMIT 10
        """, []
      ) { $0.number(0) }
      for sequence in orphans { report(.payloadUnexpected, sequence) }
      if let sequence = try VerifiedBlock.firstUnexpected(records: last, database) { report(.indexDiffers, sequence) }
      try checkCosignatures(database)
    }

    private mutating func checkCosignatures(_ database: any TrailDatabase) throws {
      let rows = try database.rows(
        "SELECT size, line, note FROM cosignature JOIN checkpoint USING (size) ORDER BY size", [])
      while let row = try rows.next() {
        guard let note = row.text(2).flatMap({ SignedNote($0) }),
          let signature = row.text(1).flatMap({ SignedNote.Signature(line: $0.dropLast()) })
        else {
          report(.cosignatureInvalid, row.number(0))
          continue
        }
        guard let key = anchors.witnesses.first(where: { $0.name == signature.name && $0.id == signature.keyID })
        else { continue }
        if key.isValid(signature.bytes, of: note.text) {
          cosignatures += 1
        } else {
          report(.cosignatureInvalid, row.number(0))
        }
      }
    }
  }
}
