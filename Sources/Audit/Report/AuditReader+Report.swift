// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditReader {
  /// Answers a question with the records that a search lets through, oldest first, up to the newest checkpoint. Every record is held
  /// against the checkpoint and the checkpoint against the log's key before this returns: rows that were given out before an error are
  /// worth nothing.
  ///
  /// - Parameters:
  ///   - search: of a recall the model; of the others what restricts the rows.
  ///   - log: the log's key at its beginning.
  ///   - time: when it is made.
  ///   - progress: called with the records looked at and how many there are.
  ///   - emit: takes the cells of each row.
  /// - Throws: `AuditError` when the trail cannot be read or is damaged; what `emit` throws.
  package func report(
    _ kind: TrailReport.Kind, _ search: Search, log: NoteKey, at time: Instant,
    progress: (Int64, Int64) -> Void = { _, _ in }, emit: ([String]) throws -> Void
  ) throws -> TrailReport {
    let head = try head()
    guard let size = Checkpoint(text: head.text)?.size else { throw AuditError(.treeDamaged) }
    var report = TrailReport(kind, at: head)
    var rows = kind.rows(search)
    let destroyed = kind.opensContent ? try destroyedKeys() : []
    func give(_ row: [String]) throws {
      report.rowCount += 1
      try emit(row)
    }
    for pass in 0..<rows.passes {
      var records = try ProvenRecords(head, log: log, root: root, kinds: rows.kindsNeeded(pass: pass))
      while let page = try read({ try records.next($0) }) {
        for proven in page {
          var shown = ReportRecord(
            record: proven.record, person: proven.person, isWanted: search.includes(proven.record))
          if rows.opens(shown) { shown.content = try content(of: proven.record, destroyed: destroyed) }
          let found = rows.look(at: shown, pass: pass)
          if kind.showsRecords, !found.isEmpty { report.patients.add(proven.record) }
          for row in found { try give(row) }
        }
        progress(Int64(pass) * size + records.size, Int64(rows.passes) * size)
      }
    }
    for row in rows.finished() { try give(row) }
    report.facts =
      [("rule", kind.rule), ("made at", time.description)] + search.facts
      + (root == nil ? [("patients known by", "the table of keys, without root.key to hold it against")] : [])
      + [("records looked at", "1 to \(size)"), ("rows", "\(report.rowCount)")] + rows.facts
    return report
  }

  /// What a record was made of, also that it cannot be opened any more; nil where nothing was kept.
  ///
  /// - Parameter destroyed: numbers of the data keys that records say were destroyed.
  private func content(
    of record: AuditRecord, destroyed: Set<Int64>
  ) throws(AuditError) -> ReportRecord.Content? {
    do throws(AuditError) {
      let payload = try read { try StoredRecord.payload(of: record, $0, root, destroyed: destroyed) }
      return payload.map { .payload($0) }
    } catch {
      switch error.code {
      case .erased: return .erased
      case .damaged: return .damaged
      default: throw error
      }
    }
  }
}

extension TrailReport.Kind {
  /// The columns of the report.
  package var columns: [String] { rows(AuditReader.Search()).columns }

  fileprivate func rows(_ search: AuditReader.Search) -> any ReportRows {
    switch self {
    case .access: AccessRows()
    case .disclosures: DisclosureRows()
    case .activity: ActivityRows()
    case .failures: FailureRows()
    case .changes: ChangeRows()
    case .gaps: GapRows(since: search.filter.since, until: search.until)
    case .recall: RecallRows()
    case .minimum: MinimumRows()
    }
  }
}

extension AuditReader.Search {
  /// Whether a record is wanted by all criteria, those that bound a search with them.
  func includes(_ record: AuditRecord) -> Bool {
    if let since = filter.since, record.entry.time < since { return false }
    if let until, record.entry.time >= until { return false }
    if let before = filter.before, record.sequence >= before { return false }
    return matches(record)
  }

  /// The criteria in one line, as a record has them of what was asked.
  package var text: String { facts.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }

  /// The criteria for people; the patient as the pseudonym.
  var facts: [(name: String, value: String)] {
    let all: [(String, String?)] = [
      ("patient", filter.patient.map(AuditRecord.hexadecimal)), ("service", filter.service),
      ("since", filter.since?.description), ("until", until?.description), ("origin", origin), ("client", client),
      ("unit", unit),
      ("model", model), ("version", version), ("outcome", outcome), ("reason", reason), ("case", legalCase),
      ("abstained", isAbstained ? abstention ?? "any" : nil), ("held back", isHeldBack ? "yes" : nil),
      ("errors", isError ? "yes" : nil),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }
}
