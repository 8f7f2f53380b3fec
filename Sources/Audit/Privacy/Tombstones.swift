// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Numbers of the data keys that records say were destroyed. A row of `subject_key` that bears one of them and a key was put back, out of
/// a backup perhaps: nothing is opened with it and nobody found by it.
///
/// Records are not proven here: whoever forges one keeps a patient's content from being read until the verification names it, and
/// no key is destroyed on its word.
final class Tombstones: Sendable {
  private struct State {
    var keys: Set<Int64> = []
    /// The last record that was surely looked at.
    var last: Int64 = 0
  }

  private let state = Mutex(State())

  /// The numbers by now. What came since the last time is looked for, by the index.
  ///
  /// - Parameter read: runs a read in one snapshot.
  func keys<Failure: Error>(
    read: (_ work: (any TrailDatabase) throws -> [AuditRecord]) throws(Failure) -> [AuditRecord]
  ) throws(Failure) -> Set<Int64> {
    let kind = AuditEntry.Kind.erasure
    let first = state.withLock(\.last) + 1
    var indexed: Int64 = 1
    // In the unfinished block by the column: nothing but erasures is read, whatever else is damaged there.
    let newest = try read { database in
      indexed = try BlockStore.count(in: database) * Int64(RecordBlock.length) + 1
      return try database.query(
        "\(StoredRecord.select) WHERE sequence >= ? AND kind = ? ORDER BY sequence",
        [.number(max(first, indexed)), .text(kind.rawValue)], StoredRecord.record)
    }
    var erasures = BlockSearch()
    erasures.groups = [[SearchTerm(.kind, kind.rawValue)]]
    erasures.sequences = first..<max(first, indexed)
    erasures.isAscending = true
    erasures.isWanted = { $0.entry.kind == kind }
    let found = try erasures.first(.max, read: read) + newest
    return state.withLock { state in
      for record in found {
        state.keys.formUnion(ErasureNote.keys(in: record.entry.note ?? ""))
      }
      // A whole block is looked through once.
      state.last = max(state.last, indexed - 1)
      return state.keys
    }
  }

  /// How many living keys bear one of the numbers.
  static func returned(_ keys: Set<Int64>, in database: any TrailDatabase) throws -> Int64 {
    var count: Int64 = 0
    for key in keys {
      count +=
        try database.number("SELECT count(*) FROM subject_key WHERE id = ? AND wrapped IS NOT NULL", [.number(key)])
        ?? 0
    }
    return count
  }
}
