// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Whose payloads have been kept for as long as they had to be: patients of whom nothing was recorded since a moment. A reading by a
/// person is no such record, nor is an amendment: both come when the treatment is over. Found from proved records alone, so that no edited column ends a retention early.
package struct Retention: Sendable {
  /// Numbers of the data keys, in ascending order.
  package private(set) var keys: [Int64] = []
  /// Payloads that lie under them.
  package private(set) var payloads = 0
  /// Patients who are as old and on whom is a legal hold.
  package private(set) var held = 0
  /// Records that were looked at.
  package private(set) var records: Int64 = 0

  private struct Kept {
    let person: [UInt8]
    var payloads = 0
  }

  /// Looks through a trail.
  ///
  /// - Parameters:
  ///   - cutoff: what was recorded then or later is kept, with all else of the patient.
  ///   - client: only patients of this client, whose time may be another than others'; nil for all.
  ///   - log: the log's key at its beginning.
  ///   - progress: called with the records looked at and how many there are.
  /// - Throws: what a report throws.
  package init(
    of trail: AuditReader, before cutoff: Instant, client: String?, log: NoteKey,
    progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws(AuditError) {
    let head = try trail.head()
    var proven = try ProvenRecords(head, log: log, root: trail.root)
    var kept: [Int64: Kept] = [:]
    // A patient whom two processes met at the same moment has two data keys: what lies under the one is as old as what lies under the other.
    var latest: [[UInt8]: Int64] = [:]
    while let page = try trail.read({ try proven.next($0) }) {
      for found in page where found.record.commitment != nil {
        guard let key = found.key, case .pseudonym(let person)? = found.person else { continue }
        if let client, found.record.entry.client != client { continue }
        let time = found.record.entry.time.milliseconds
        if found.record.entry.kind != .amendment || latest[person] == nil {
          latest[person] = max(latest[person] ?? time, time)
        }
        kept[key, default: Kept(person: person)].payloads += 1
      }
      records = proven.size
      progress(records, Checkpoint(text: head.text)?.size ?? records)
    }
    let holds = try trail.read { database in
      Set(try database.query("SELECT pseudonym FROM hold WHERE released IS NULL", []) { $0.bytes(0) ?? [] })
    }
    var heldPatients: Set<[UInt8]> = []
    for (key, state) in kept where latest[state.person].map({ $0 < cutoff.milliseconds }) == true {
      if holds.contains(state.person) {
        heldPatients.insert(state.person)
      } else {
        keys.append(key)
        payloads += state.payloads
      }
    }
    held = heldPatients.count
    keys.sort()
  }
}
