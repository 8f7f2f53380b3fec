// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A transaction whose answer was lost with the connection. Whoever asked for it was told that nothing came of it; the records may be there
/// all the same.
struct UndecidedCommit: Sendable {
  /// Number of the first record, if it is there.
  private let first: Int64
  /// The leaves, which no other transaction has: their payloads' commitments are random.
  private let leaves: [[UInt8]]
  /// Numbers of the data keys that came with them.
  let subjects: [Int64]
  /// Numbers of the records that say what was shown, or what became of it.
  let shown: [Int64]
  /// When the last of them was to be.
  let time: Instant?

  /// - Parameter last: the number of the last record.
  init(_ batch: [AuditTrail.Waiting], last: Int64) {
    let first = last - Int64(batch.count) + 1
    self.first = first
    leaves = batch.enumerated().map { offset, waiting in
      var leaf = waiting.leaf
      AuditRecord.number(&leaf, first + Int64(offset))
      return leaf
    }
    subjects = batch.compactMap(\.subject?.id)
    shown = batch.enumerated().filter { [.answer, .feedback].contains($0.element.entry.kind) }.map {
      first + Int64($0.offset)
    }
    time = batch.last?.entry.time
  }

  /// Whether it is there; its records came together or not at all.
  func isRecorded(in database: any TrailDatabase) throws -> Bool {
    let there = try database.query(
      "SELECT leaf FROM record WHERE sequence >= ? AND sequence < ? ORDER BY sequence",
      [.number(first), .number(first + Int64(leaves.count))]
    ) { $0.bytes(0) ?? [] }
    return !leaves.isEmpty && there == leaves
  }

  /// Whether a record is one of it.
  func contains(_ record: AuditRecord) -> Bool {
    (first..<first + Int64(leaves.count)).contains(record.sequence)
      && record.leaf == leaves[Int(record.sequence - first)]
  }
}

/// What a record of kind `rejection` says that was answered with an error although it is on record: numbers of records, so that what they
/// say was shown counts as shown with no process.
package enum UnansweredNote {
  private static let prefix = "unanswered records "

  static func text(_ records: [Int64]) -> String { prefix + records.map(String.init).joined(separator: " ") }

  /// The numbers; none in a note that says something else.
  package static func records(in note: String) -> [Int64] {
    note.hasPrefix(prefix) ? note.dropFirst(prefix.count).split(separator: " ").compactMap { Int64($0) } : []
  }
}
