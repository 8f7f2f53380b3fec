// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Whose payloads have been kept for as long as they had to be: patients of whom nothing was recorded since a moment. A reading by a
/// person is no such record, nor is an amendment: both come when the treatment is over. Found from proved records alone, so that no edited column ends a retention early.
package struct Retention: Sendable {
  /// Numbers of the data keys, all of a patient's together, in ascending order of the first. One under which no payload lies is the patient's too.
  package private(set) var patients: [[Int64]] = []
  /// Payloads that lie under them.
  package private(set) var payloads = 0
  /// Patients who are as old and on whom is a legal hold.
  package private(set) var held = 0
  /// Records that were looked at.
  package private(set) var records: Int64 = 0

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
    var kept: [[UInt8]: Int] = [:]
    // A patient whom two processes met at the same moment has two data keys: what lies under the one is as old as what lies under the other.
    var latest: [[UInt8]: Int64] = [:]
    while let page = try trail.read({ try proven.next($0) }) {
      for found in page where found.record.commitment != nil {
        guard found.key != nil, case .pseudonym(let person)? = found.person else { continue }
        if let client, found.record.entry.client != client { continue }
        let time = found.record.entry.time.milliseconds
        if found.record.entry.kind != .amendment || latest[person] == nil {
          latest[person] = max(latest[person] ?? time, time)
        }
        kept[person, default: 0] += 1
      }
      records = proven.size
      progress(records, Checkpoint(text: head.text)?.size ?? records)
    }
    let holds = try trail.read { database in
      Set(try database.query("SELECT pseudonym FROM hold WHERE released IS NULL", []) { $0.bytes(0) ?? [] })
    }
    var old: Set<[UInt8]> = []
    for (person, count) in kept where latest[person].map({ $0 < cutoff.milliseconds }) == true {
      if holds.contains(person) {
        held += 1
      } else {
        old.insert(person)
        payloads += count
      }
    }
    let keys = try trail.read { database in
      var keys: [[UInt8]: [Int64]] = [:]
      let rows = try database.rows("SELECT id, pseudonym FROM subject_key WHERE wrapped IS NOT NULL ORDER BY id", [])
      while let row = try rows.next() {
        guard let id = row.number(0), let person = row.bytes(1), old.contains(person) else { continue }
        keys[person, default: []].append(id)
      }
      return keys
    }
    patients = keys.values.sorted { $0[0] < $1[0] }
  }
}
