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

  fileprivate init(_ search: AuditReader.Search, at head: SignedNote) {
    self.search = search
    self.head = head
    checkpoint = head
  }

  /// The next record of the trail, which may be wanted.
  fileprivate mutating func look(at record: AuditRecord) {
    if record.entry.kind == .key { rotations.append(record.sequence) }
    guard search.includes(record) else { return }
    patients.add(record)
    count += 1
    if let run = runs.last, run.upperBound + 1 == record.sequence {
      runs[runs.count - 1] = run.lowerBound...record.sequence
    } else {
      runs.append(record.sequence...record.sequence)
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
      for proven in page { found.look(at: proven.record) }
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
