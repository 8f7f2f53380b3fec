// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What was shown of whose findings within the hours that an alert policy asks about, what became of it, and how much each unit
/// was shown. The service keeps one while it runs; trying a policy on the past keeps one of its own.
package struct AlertLedger<Patient: Hashable & Sendable>: Sendable {
  private struct Item {
    var event: AlertHistory.Event
    var isShowing: Bool
    /// The record's number.
    var sequence: Int64
  }

  /// Cards that one answer showed.
  private struct Showing {
    /// The answer's number.
    var sequence: Int64
    var instant: Instant
    var cards: Int
  }

  /// A place of one client's: each client names its own.
  private struct Unit: Hashable {
    var client: String
    var id: String
  }

  private var patients: [Patient: [Item]] = [:]
  /// What was shown on a unit.
  private var units: [Unit: [Showing]] = [:]
  /// Records that were taken back, which somebody who read them before may still bring. Few: of connections that were lost.
  private var takenBack: Set<Int64> = []
  private var lastSwept = Instant(milliseconds: 0)

  /// How often what is too old is thrown away.
  private static var sweepHours: Double { 0.25 }

  /// Nothing has happened.
  package init() {}

  /// Takes what an answer showed, or on which card a clinician acted.
  ///
  /// - Parameters:
  ///   - events: what was shown, or acted on; nothing happens for none.
  ///   - isShowing: whether it was shown.
  ///   - unit: where an answer showed it.
  ///   - sequence: the answer's number: what is known already counts once.
  ///   - time: now; what is older than `hours` may be forgotten.
  package mutating func add(
    _ events: [AlertHistory.Event], isShowing: Bool, of patient: Patient, client: String, unit: String?,
    sequence: Int64, at instant: Instant, time: Instant, hours: Double
  ) {
    guard !events.isEmpty, !takenBack.contains(sequence) else { return }
    for event in events {
      // Of each finding the last showing and the last act are asked for.
      patients[patient, default: []].removeAll {
        $0.isShowing == isShowing && $0.event.model == event.model && $0.event.outcome == event.outcome
          && $0.event.instant <= event.instant
      }
      patients[patient, default: []].append(Item(event: event, isShowing: isShowing, sequence: sequence))
    }
    if isShowing, let unit {
      let unit = Unit(client: client, id: unit)
      if units[unit]?.contains(where: { $0.sequence == sequence }) != true {
        units[unit, default: []].append(Showing(sequence: sequence, instant: instant, cards: events.count))
      }
    }
    if time.hours(since: lastSwept) > Self.sweepHours { sweep(hours, time) }
  }

  /// Takes back what records say: nobody was shown it.
  package mutating func remove(_ sequences: Set<Int64>) {
    takenBack.formUnion(sequences)
    patients = patients.compactMapValues { items in
      let kept = items.filter { !sequences.contains($0.sequence) }
      return kept.isEmpty ? nil : kept
    }
    units = units.compactMapValues { showings in
      let kept = showings.filter { !sequences.contains($0.sequence) }
      return kept.isEmpty ? nil : kept
    }
  }

  /// What happened within the last hours.
  ///
  /// - Parameters:
  ///   - client: whose patient it is; empty where no clients are configured.
  ///   - id: the client's unit on which the patient lies, whose cards are counted.
  package func history(
    of patient: Patient, client: String, unit id: String?, hours: Double, at now: Instant
  ) -> AlertHistory {
    guard hours > 0 else { return AlertHistory() }
    let items = (patients[patient] ?? []).filter { now.hours(since: $0.event.instant) < hours }
    let showings = id.flatMap { units[Unit(client: client, id: $0)] } ?? []
    let shown = showings.filter { now.hours(since: $0.instant) < AlertHistory.ceilingHours }.reduce(0) { $0 + $1.cards }
    return AlertHistory(
      showings: items.filter(\.isShowing).map(\.event),
      acknowledgements: items.filter { !$0.isShowing }.map(\.event),
      shownOnUnits: id.map { shown > 0 ? [$0: shown] : [:] } ?? [:])
  }

  private mutating func sweep(_ hours: Double, _ now: Instant) {
    lastSwept = now
    patients = patients.compactMapValues { items in
      let kept = items.filter { now.hours(since: $0.event.instant) < hours }
      return kept.isEmpty ? nil : kept
    }
    units = units.compactMapValues { showings in
      let kept = showings.filter { now.hours(since: $0.instant) < AlertHistory.ceilingHours }
      return kept.isEmpty ? nil : kept
    }
  }
}
