// SPDX-License-Identifier: Apache-2.0
import FHIR

extension AuditReader {
  /// Records in one read, so that no snapshot is kept open while others write.
  private static let reportPage = 4096

  /// Answers a question with the records that a search lets through, oldest first, up to the newest checkpoint.
  ///
  /// - Parameters:
  ///   - search: of a recall the model; of the others what restricts the rows.
  ///   - progress: called with the records looked at and how many there are.
  /// - Throws: `AuditError` when the trail cannot be read or a record is damaged.
  package func report(
    _ kind: TrailReport.Kind, _ search: Search, progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws(AuditError) -> TrailReport {
    let head = try head()
    guard let checkpoint = Checkpoint(text: head.text) else { throw AuditError(.treeDamaged) }
    var rows: any ReportRows =
      switch kind {
      case .access: AccessRows()
      case .disclosures: DisclosureRows()
      case .activity: ActivityRows()
      case .failures: FailureRows()
      case .changes: ChangeRows()
      case .gaps: GapRows()
      case .recall: RecallRows()
      }
    var last: Int64 = 0
    while last < checkpoint.size {
      let page = try records(
        AuditEntry.Kind.allCases, since: Instant(milliseconds: .min), after: last, limit: Self.reportPage)
      for record in page where record.sequence <= checkpoint.size {
        rows.look(at: record, isWanted: search.includes(record))
      }
      guard let end = page.last?.sequence else { throw AuditError(.treeDamaged, sequence: last + 1) }
      last = end
      progress(min(last, checkpoint.size), checkpoint.size)
    }
    var report = TrailReport(kind, at: head)
    report.columns = rows.columns
    report.rows = rows.finished()
    report.facts =
      search.facts + [
        ("records looked at", "1 to \(checkpoint.size)"), ("rows", "\(report.rows.count)"),
      ] + rows.facts
    return report
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

  /// The criteria for people; the patient as the pseudonym.
  fileprivate var facts: [(name: String, value: String)] {
    let all: [(String, String?)] = [
      ("patient", filter.patient.map(AuditRecord.hexadecimal)), ("service", filter.service),
      ("since", filter.since?.description), ("until", until?.description), ("origin", origin), ("client", client),
      ("unit", unit),
      ("model", model), ("version", version), ("outcome", outcome), ("reason", reason),
      ("abstained", isAbstained ? abstention ?? "any" : nil), ("held back", isHeldBack ? "yes" : nil),
      ("errors", isError ? "yes" : nil),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }
}
