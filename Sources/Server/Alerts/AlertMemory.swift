// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Synchronization

/// The service's ledger of what was shown. It is filled from the trail at the start, so that a restart forgets nothing, and costs
/// no look at the disk afterwards.
final class AlertMemory: Sendable {
  private let ledger = Mutex(AlertLedger<[UInt8]>())
  /// The last record that was looked at, of a trail that other processes write as well.
  private let last = Mutex<Int64>(0)

  /// Reads what happened before. What is remembered already is not remembered twice.
  ///
  /// - Throws: `AuditError` when the trail cannot be read.
  func fill(from trail: AuditReader, hours: Double, at now: Instant) throws(AuditError) {
    guard hours > 0 else { return }
    let since = Instant(milliseconds: now.milliseconds - Int64(hours * 3_600_000))
    let newest = try trail.list(limit: 1).first?.sequence ?? 0
    var read: Int64 = 0
    while true {
      let page = try trail.records([.answer, .feedback, .rejection], since: since, after: read, limit: 1000)
      for record in page { add(record.entry, as: record.sequence, hours: hours, at: now) }
      guard let end = page.last?.sequence else { break }
      read = end
    }
    last.withLock { $0 = max($0, newest) }
  }

  /// Reads what other processes have put on record since it was last asked.
  ///
  /// - Throws: `AuditError` when the trail cannot be read.
  func follow(_ trail: AuditTrail, hours: Double, at now: Instant) async throws(AuditError) {
    guard hours > 0, trail.isShared else { return }
    while true {
      let page = try await trail.shown(after: last.withLock { $0 }, limit: 1000)
      for record in page where !trail.isUnheard(record) {
        add(record.entry, as: record.sequence, hours: hours, at: now)
      }
      guard let end = page.last?.sequence else { return }
      last.withLock { $0 = max($0, end) }
      if page.count < 1000 { return }
    }
  }

  /// Takes an answer or a feedback that is on record under a number, or takes back what is on record and was not heard.
  ///
  /// - Parameter now: this process's own time; another's clock, as it stands in its records, may be wrong.
  func add(_ entry: AuditEntry, as sequence: Int64, hours: Double, at now: Instant) {
    guard hours > 0 else { return }
    if entry.kind == .rejection {
      guard entry.reason == AuditError.Code.storeUnreachable.rawValue else { return }
      let unanswered = Set(UnansweredNote.records(in: entry.note ?? ""))
      return unanswered.isEmpty ? () : ledger.withLock { $0.remove(unanswered) }
    }
    guard let patient = entry.patient else { return }
    // A clinician's own clock may run ahead; nothing is acted on after it is told.
    let instant = min(entry.instant ?? entry.time, entry.time)
    let events = entry.cards.filter { $0.heldBack == nil }.compactMap { card -> AlertHistory.Event? in
      guard let model = card.model, let outcome = card.outcome else { return nil }
      return .init(
        model: model, outcome: outcome, instant: instant, urgency: AlertHistory.urgency(of: card.indicator))
    }
    ledger.withLock {
      $0.add(
        events, isShowing: entry.kind == .answer, of: patient, client: entry.client ?? "", unit: entry.unit,
        sequence: sequence, at: instant, time: now, hours: hours)
    }
  }

  /// What happened within the last hours.
  ///
  /// - Parameters:
  ///   - patient: pseudonym of the client's patient.
  ///   - client: whose patient it is; empty where no clients are configured.
  ///   - id: the client's unit on which the patient lies, whose cards are counted.
  func history(
    of patient: [UInt8], client: String, unit id: String?, hours: Double, at now: Instant
  ) -> AlertHistory {
    ledger.withLock { $0.history(of: patient, client: client, unit: id, hours: hours, at: now) }
  }
}
