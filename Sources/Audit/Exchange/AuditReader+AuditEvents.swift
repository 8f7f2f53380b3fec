// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditReader {
  /// Records looked at for one page at most, so that a search for what is rare does not hold its caller: the page then is short, and
  /// the next one goes on.
  private static let mostLookedAt = 100_000

  /// One page of AuditEvents.
  package struct AuditEventPage: Sendable {
    /// The AuditEvents, newest first.
    package let events: [JSON]
    /// Where the next page begins, whatever is written meanwhile; nil for the last one.
    package let next: Int64?
    /// The patients who were searched for, and those of whom it shows something.
    package let patients: ShownPatients
  }

  /// The record behind an AuditEvent's id; nil where there is none, or another under its number.
  ///
  /// - Parameter log: the log's name.
  package func record(ofAuditEvent id: String, log: String) throws(AuditError) -> AuditRecord? {
    guard let number = Int64(id.prefix { $0 != "-" }) else { return nil }
    do throws(AuditError) {
      let record = try find(one: number)
      return record.auditEventID(log: log) == id ? record : nil
    } catch  where error.code == .notFound {
      return nil
    }
  }

  /// The newest AuditEvents that a search finds before a record.
  ///
  /// - Parameters:
  ///   - before: `next` of the page before; nil for the first.
  ///   - limit: AuditEvents on the page, at least 1.
  ///   - log: the log's name.
  package func auditEvents(
    _ search: AuditEventSearch, before: Int64?, limit: Int, log: String
  ) throws(AuditError) -> AuditEventPage {
    var events: [JSON] = []
    var patients = search.patients
    var looked = 0
    let destroyed = patients == ShownPatients() ? [] : try destroyedKeys()
    var blocks = try read { database in try search.narrowed(database, root, destroyed: destroyed) }
    let first = blocks.sequences.lowerBound
    blocks.sequences = first..<max(first, min(before ?? .max, blocks.sequences.upperBound))
    while looked < Self.mostLookedAt {
      let page = try blocks.first(1024) { work throws(AuditError) in try read(work) }
      for record in page {
        looked += 1
        blocks.sequences = first..<record.sequence
        let event = record.auditEvent(log: log)
        guard search.matches(record, event) else { continue }
        events.append(event)
        patients.add(record, isByPatient: search.isByPatient)
        if events.count == limit {
          return AuditEventPage(
            events: events, next: record.sequence > 1 ? record.sequence : nil, patients: patients)
        }
      }
      if page.count < 1024 { return AuditEventPage(events: events, next: nil, patients: patients) }
    }
    return AuditEventPage(events: events, next: blocks.sequences.upperBound, patients: patients)
  }
}
