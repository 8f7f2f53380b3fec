// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR

/// Calls of a service one after the other, of which a policy decides what is shown: with the ledger and the rules of the service itself.
package struct AlertSimulation: Sendable {
  private let policy: AlertPolicy
  private let hours: Double
  private var ledger = AlertLedger<String>()
  private var sequence: Int64 = 0

  /// Nothing has been shown yet.
  ///
  /// - Parameter hours: of the past that any policy of the service asks about.
  package init(_ policy: AlertPolicy, memoryHours hours: Double? = nil) {
    self.policy = policy
    self.hours = hours ?? policy.memoryHours
  }

  /// Why each candidate of a call is held back; nil for one that is shown. Calls come in order of time.
  package mutating func answer(
    _ candidates: [AlertCandidate], patient: String, unit: String?, client: String = "", at instant: Instant
  ) -> [AlertSuppression?] {
    let history = ledger.history(of: patient, client: client, unit: unit, hours: hours, at: instant)
    let reasons = policy.reasons(toHold: candidates, history, at: instant)
    sequence += 1
    guard hours > 0 else { return reasons }
    let shown = zip(candidates, reasons).filter { $0.1 == nil }.map { candidate, _ in
      AlertHistory.Event(
        model: candidate.model, outcome: candidate.outcome, instant: instant,
        urgency: AlertHistory.urgency(of: candidate.indicator))
    }
    ledger.add(
      shown, isShowing: true, of: patient, client: client, unit: unit, sequence: sequence, at: instant, time: instant,
      hours: hours)
    return reasons
  }

  /// A clinician acted on a card.
  package mutating func acknowledge(_ event: AlertHistory.Event, patient: String, client: String = "") {
    guard hours > 0 else { return }
    ledger.add(
      [event], isShowing: false, of: patient, client: client, unit: nil, sequence: sequence, at: event.instant,
      time: event.instant, hours: hours)
  }
}
