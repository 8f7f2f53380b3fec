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
    var person: [UInt8]
    var latest: Int64
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
    while let page = try trail.read({ try proven.next($0) }) {
      for found in page where found.record.commitment != nil {
        guard let key = found.key, case .pseudonym(let person)? = found.person else { continue }
        if let client, found.record.entry.client != client { continue }
        let time = found.record.entry.time.milliseconds
        var state = kept[key] ?? Kept(person: person, latest: time)
        if found.record.entry.kind != .amendment { state.latest = max(state.latest, time) }
        state.payloads += 1
        kept[key] = state
      }
      records = proven.size
      progress(records, Checkpoint(text: head.text)?.size ?? records)
    }
    let holds = try trail.read { database in
      Set(try database.query("SELECT pseudonym FROM hold WHERE released IS NULL", []) { $0.bytes(0) ?? [] })
    }
    for (key, state) in kept where state.latest < cutoff.milliseconds {
      if holds.contains(state.person) {
        held += 1
      } else {
        keys.append(key)
        payloads += state.payloads
      }
    }
    keys.sort()
  }
}
