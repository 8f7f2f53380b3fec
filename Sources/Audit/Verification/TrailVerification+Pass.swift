// SPDX-License-Identifier: Apache-2.0
import Crypto

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
    private var keys: [Int64: (pseudonym: [UInt8]?, wrapped: [UInt8]?)] = [:]
    private var subjectTokens: [Int64: [UInt8]] = [:]
    private var destroyed: [Int64: Int64] = [:]
    private var holds = VerifiedHolds()
    private var block = VerifiedBlock(after: 0)
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
      let rows = try database.rows("SELECT id, pseudonym, wrapped FROM subject_key", [])
      while let row = try rows.next() { keys[row.number(0) ?? 0] = (row.bytes(1), row.bytes(2)) }
    }

    mutating func run(_ database: any TrailDatabase, progress: (Int, Int) -> Void) throws {
      let rows = try database.rows(
        """
        SELECT record.sequence, leaf, time, kind, service, hook_instance, patient, record.subject, status,
          payload.encoding, payload.bytes, payload.subject
        FROM record LEFT JOIN payload ON payload.sequence = record.sequence ORDER BY record.sequence
        """, [])
      try meetNotes()
      while let row = try rows.next() {
        if isFull { return }
        let sequence = row.number(0) ?? 0
        while tree.frontier.size + 1 < sequence {
          guard try addMissing() else { return }
          try endBlock(with: tree.frontier.size, database)
        }
        try add(row, sequence)
        try endBlock(with: sequence, database)
        if sequence % 16_384 == 0 { progress(Int(sequence), Int(notes.first?.size ?? sequence)) }
      }
      try finish(database)
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

    /// Compares what is stored of a block when its last record is reached.
    private mutating func endBlock(with sequence: Int64, _ database: any TrailDatabase) throws {
      guard VerifiedBlock.ends(with: sequence) else { return }
      if let first = try block.firstDifference(database) { report(.indexDiffers, first) }
      block = VerifiedBlock(after: sequence)
    }

    /// Checks one record.
    private mutating func add(_ row: any TrailRow, _ sequence: Int64) throws {
      let bytes = row.bytes(1) ?? []
      try tree.append(.leaf(bytes), faults: &faults)
      let leaf = VerifiedLeaf(bytes)
      if let leaf, leaf.sequence == sequence {
        check(leaf, row, sequence)
        try checkPayload(leaf, row, sequence)
        checkDeeds(leaf, row.number(7), sequence)
        block.add(leaf, sequence, subject: row.number(7))
      } else {
        report(.leafUnreadable, sequence)
      }
      try meetNotes()
    }

    private mutating func check(_ leaf: VerifiedLeaf, _ row: any TrailRow, _ sequence: Int64) {
      let subject = row.number(7)
      let numbersAgree = leaf.time == row.number(2) && leaf.status == row.number(8)
      let textsAgree =
        leaf.kind == row.text(3) && leaf.service == row.text(4) && leaf.hookInstance == row.text(5)
      let agrees =
        numbersAgree && textsAgree && leaf.patient == row.bytes(6) && (leaf.subject == nil) == (subject == nil)
      // All records of one key bear one token, and no other's.
      var isSubjects = true
      if let subject, let token = leaf.subject {
        isSubjects = subjectTokens[subject, default: token] == token && keys[subject] != nil
        subjectTokens[subject] = token
        if destroyed[subject] != nil { report(.keyUsedAfterErasure, sequence) }
      }
      if !agrees || !isSubjects { report(.columnsDiffer, sequence) }
      if let time = leaf.time {
        if time < lastTime { report(.timeWentBack, sequence) }
        lastTime = time
      }
    }

    private mutating func checkPayload(_ leaf: VerifiedLeaf, _ row: any TrailRow, _ sequence: Int64) throws {
      guard let commitment = leaf.commitment else {
        if row.number(9) != nil { report(.payloadUnexpected, sequence) }
        return
      }
      guard let encoding = row.number(9), let stored = row.bytes(10) else {
        return report(.payloadMissing, sequence)
      }
      payloads += 1
      if let digest = leaf.sealedDigest, digest != Array(SHA256.hash(data: stored)) {
        return report(.payloadChanged, sequence)
      }
      if encoding == 1 {
        if SealedPayload.read(stored, commitment: commitment) == nil { report(.payloadChanged, sequence) }
        return
      }
      guard let subject = row.number(11), let key = keys[subject] else { return report(.keyLost, sequence) }
      guard let wrapped = key.wrapped else {
        erased += 1
        return
      }
      guard let root = anchors.root else { return }
      guard let subjectKey = try? root.unwrap(wrapped, id: subject),
        SealedPayload.open(stored, under: subjectKey, commitment: commitment) != nil
      else { return report(.payloadChanged, sequence) }
      opened += 1
    }

    /// What a record says was done: keys destroyed, holds put on and released, the log's key changed.
    private mutating func checkDeeds(_ leaf: VerifiedLeaf, _ subject: Int64?, _ sequence: Int64) {
      switch leaf.kind {
      case "hold": holds.hold(subject, sequence)
      case "release": holds.release(subject, sequence)
      case "erasure":
        for id in ErasureNote.keys(in: leaf.note ?? "") { destroyed[id] = sequence }
      case "key":
        if let key = leaf.note.flatMap({ NoteKey(vkey: $0) }) { signers.add(key, after: sequence) }
      default: break
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
      try tree.finish(faults: &faults)
      let last = tree.frontier.size
      for note in notes {
        report(note.origin == .anchor ? .anchorAhead : .headDiffers, last + 1)
      }
      let head = try database.number("SELECT size FROM head") ?? 0
      if head != last { report(.headDiffers, min(head, last) + 1) }
      for (id, sequence) in destroyed where keys[id]?.wrapped != nil { report(.keyReturned, sequence) }
      for (id, key) in keys where key.wrapped == nil && destroyed[id] == nil {
        report(
          .keyLost,
          try database.number("SELECT min(sequence) FROM record WHERE subject = ?", [.number(id)]))
      }
      for sequence in try holds.differences(database, pseudonyms: keys.mapValues(\.pseudonym)) {
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
