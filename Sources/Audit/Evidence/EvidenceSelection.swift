// SPDX-License-Identifier: Apache-2.0

/// The records that somebody outside is to see. They are found as the rows of a report are: every record up to the newest checkpoint is read
/// and held against it, so that an index or a column that was edited hides none.
package struct EvidenceSelection: Sendable {
  /// What was looked for.
  let search: AuditReader.Search
  /// The newest checkpoint: all records up to it were looked at.
  package let head: SignedNote
  /// What the paths lead to: the newest checkpoint with witnesses' cosignatures that covers all records, else the newest.
  package fileprivate(set) var checkpoint: SignedNote
  /// The numbers of the records, in runs without a gap: of a period there is one, of however many records.
  package private(set) var runs: [ClosedRange<Int64>] = []
  /// How many records there are.
  package private(set) var count = 0
  /// The patients of whom they are.
  package private(set) var patients = ShownPatients()
  /// The records that introduced the log's next keys, up to the newest checkpoint.
  private(set) var rotations: [Int64] = []
  /// The tokens under which lies what is about no patient.
  private var nobodys: Set<[UInt8]> = []
  /// The data keys of the answers among the records.
  private var keys: [Int64: Int64] = [:]
  /// What people say is right instead of one of the answers, by its number.
  private var amendments: [Int64: [AuditRecord]] = [:]
  /// What clinicians did with cards of the answers, by the card.
  private var feedback: [[UInt8]: [AuditRecord]] = [:]
  /// Reviews that may cover one of the answers.
  private var reviews: [AuditRecord] = []

  fileprivate init(_ search: AuditReader.Search, at head: SignedNote) {
    self.search = search
    self.head = head
    checkpoint = head
  }

  /// The next record of the trail, which may be wanted, or say something of one that is.
  fileprivate mutating func look(at proven: ProvenRecords.Proven) {
    let (record, entry) = (proven.record, proven.record.entry)
    if record.isOfNobody, let token = record.subject { nobodys.insert(token) }
    switch entry.kind {
    case .key: rotations.append(record.sequence)
    case .amendment:
      // What lies under another data key is another patient's, and no word on this record (`VER028`).
      if let number = entry.amends, let key = proven.key, keys[number] == key {
        amendments[number, default: []].append(record)
      }
    case .feedback:
      for key in Set(entry.cards.map(\.key)) where feedback[key] != nil { feedback[key]?.append(record) }
    case .review:
      if let last = entry.signature?.records.upperBound, let first = runs.first?.lowerBound, last >= first {
        reviews.append(record)
      }
    default: break
    }
    guard search.includes(record) else { return }
    if entry.kind == .answer {
      keys[record.sequence] = proven.key
      for card in entry.cards where feedback[card.key] == nil { feedback[card.key] = [] }
    }
    patients.add(record)
    count += 1
    if let run = runs.last, run.upperBound + 1 == record.sequence {
      runs[runs.count - 1] = run.lowerBound...record.sequence
    } else {
      runs.append(record.sequence...record.sequence)
    }
  }

  /// Whether a record is about no patient.
  func isOfNobody(_ record: AuditRecord) -> Bool { record.subject.map { nobodys.contains($0) } ?? false }

  /// What people say is right instead of what an answer says, oldest first, without its text.
  func amendments(of answer: AuditRecord) -> [AuditRecord] { amendments[answer.sequence] ?? [] }

  /// What clinicians did with the cards of an answer, oldest first.
  func feedback(on answer: AuditRecord) -> [AuditRecord] {
    var found: [Int64: AuditRecord] = [:]
    for card in answer.entry.cards {
      for said in feedback[card.key] ?? [] where said.sequence > answer.sequence { found[said.sequence] = said }
    }
    return found.values.sorted { $0.sequence < $1.sequence }
  }

  /// The reviews that cover an answer, oldest first.
  func reviews(of answer: AuditRecord) -> [AuditRecord] {
    reviews.filter {
      $0.sequence > answer.sequence && $0.entry.signature?.records.contains(answer.sequence) == true
    }
  }
}

extension AuditReader {
  /// Finds records for somebody outside, oldest first, up to the newest checkpoint.
  ///
  /// - Parameters:
  ///   - log: the log's key at its beginning.
  ///   - progress: called with the records looked at and how many there are.
  /// - Throws: `AuditError` when the trail cannot be read or is damaged.
  package func evidence(
    _ search: Search, log: NoteKey, progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws(AuditError) -> EvidenceSelection {
    let head = try head()
    guard let size = Checkpoint(text: head.text)?.size else { throw AuditError(.treeDamaged) }
    var found = EvidenceSelection(search, at: head)
    var records = try ProvenRecords(head, log: log, root: root)
    while let page = try read({ try records.next($0) }) {
      for proven in page { found.look(at: proven) }
      progress(records.size, size)
    }
    if let last = found.runs.last?.upperBound,
      let cosigned = try read({ try Self.cosigned(last...size, isLargest: true, in: $0) })
    {
      found.checkpoint = cosigned
    }
    return found
  }
}
