// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Synchronization

/// What was shown of whose findings within the hours that any alert policy asks about, and what became of it. It is filled from
/// the trail at the start, so that a restart forgets nothing, and costs no look at the disk afterwards.
final class AlertMemory: Sendable {
  private struct Item {
    var event: AlertHistory.Event
    var isShowing: Bool
  }

  /// Cards that one answer showed.
  private struct Showing {
    /// The answer's record.
    var sequence: Int64
    var instant: Instant
    var cards: Int
  }

  /// A place of one client's: each client names its own.
  private struct Unit: Hashable {
    var client: String
    var id: String
  }

  private struct State {
    var patients: [[UInt8]: [Item]] = [:]
    /// What was shown on a unit.
    var units: [Unit: [Showing]] = [:]
    var lastSwept = Instant(milliseconds: 0)
  }

  /// How often what is too old is thrown away.
  private static let sweepHours = 0.25
  private let state = Mutex(State())

  /// Reads what happened before. What is remembered already is not remembered twice.
  ///
  /// - Throws: `AuditError` when the trail cannot be read.
  func fill(from trail: AuditReader, hours: Double, at now: Instant) throws(AuditError) {
    guard hours > 0 else { return }
    let since = Instant(milliseconds: now.milliseconds - Int64(hours * 3_600_000))
    var last: Int64 = 0
    while true {
      let page = try trail.records([.answer, .feedback], since: since, after: last, limit: 1000)
      for record in page { add(record.entry, as: record.sequence, hours: hours) }
      guard let end = page.last?.sequence else { return }
      last = end
    }
  }

  /// Takes an answer or a feedback that is on record under a number.
  func add(_ entry: AuditEntry, as sequence: Int64, hours: Double) {
    guard hours > 0, let patient = entry.patient else { return }
    // A clinician's own clock may run ahead; nothing is acted on after it is told.
    let instant = min(entry.instant ?? entry.time, entry.time)
    let cards = entry.cards.filter { $0.heldBack == nil }
    let items = cards.compactMap { card -> Item? in
      guard let model = card.model, let outcome = card.outcome else { return nil }
      let urgency = AlertHistory.urgency(of: card.indicator)
      return Item(
        event: .init(model: model, outcome: outcome, instant: instant, urgency: urgency),
        isShowing: entry.kind == .answer)
    }
    guard !items.isEmpty else { return }
    state.withLock { state in
      for item in items {
        // Of each finding the last showing and the last act are asked for.
        state.patients[patient, default: []].removeAll {
          $0.isShowing == item.isShowing && $0.event.model == item.event.model
            && $0.event.outcome == item.event.outcome && $0.event.instant <= item.event.instant
        }
        state.patients[patient, default: []].append(item)
      }
      if entry.kind == .answer, let id = entry.unit {
        let unit = Unit(client: entry.client ?? "", id: id)
        if state.units[unit]?.contains(where: { $0.sequence == sequence }) != true {
          state.units[unit, default: []].append(Showing(sequence: sequence, instant: instant, cards: items.count))
        }
      }
      if entry.time.hours(since: state.lastSwept) > Self.sweepHours { Self.sweep(&state, hours, entry.time) }
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
    guard hours > 0 else { return AlertHistory() }
    return state.withLock { state in
      let items = (state.patients[patient] ?? []).filter { now.hours(since: $0.event.instant) < hours }
      let showings = id.flatMap { state.units[Unit(client: client, id: $0)] } ?? []
      let shown = showings.filter { now.hours(since: $0.instant) < AlertHistory.ceilingHours }.reduce(0) {
        $0 + $1.cards
      }
      return AlertHistory(
        showings: items.filter(\.isShowing).map(\.event),
        acknowledgements: items.filter { !$0.isShowing }.map(\.event),
        shownOnUnits: id.map { shown > 0 ? [$0: shown] : [:] } ?? [:])
    }
  }

  private static func sweep(_ state: inout State, _ hours: Double, _ now: Instant) {
    state.lastSwept = now
    state.patients = state.patients.compactMapValues { items in
      let kept = items.filter { now.hours(since: $0.event.instant) < hours }
      return kept.isEmpty ? nil : kept
    }
    state.units = state.units.compactMapValues { showings in
      let kept = showings.filter { now.hours(since: $0.instant) < AlertHistory.ceilingHours }
      return kept.isEmpty ? nil : kept
    }
  }
}
