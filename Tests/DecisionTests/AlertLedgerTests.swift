// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Testing

/// What was shown is remembered, and what turned out to have been shown to nobody is not.
@Suite struct AlertLedgerTests {
  private static let now = Instant(milliseconds: 1_800_000_000_000)

  private func ledger() -> AlertLedger<String> {
    var ledger = AlertLedger<String>()
    for sequence in [5, 6] as [Int64] {
      let event = AlertHistory.Event(
        model: "m", outcome: sequence == 5 ? "sepsis" : "death", instant: Self.now, urgency: 1)
      ledger.add(
        [event], isShowing: true, of: "p", client: "ehr", unit: "icu", sequence: sequence, at: Self.now, time: Self.now,
        hours: 24)
    }
    return ledger
  }

  private func history(_ ledger: AlertLedger<String>) -> AlertHistory {
    ledger.history(of: "p", client: "ehr", unit: "icu", hours: 24, at: Self.now)
  }

  @Test func whatNobodyWasShownIsTakenBack() {
    var ledger = ledger()
    #expect(
      history(ledger).showings.map(\.outcome) == ["sepsis", "death"] && history(ledger).shownOnUnits == ["icu": 2])
    ledger.remove([5, 7])
    #expect(history(ledger).showings.map(\.outcome) == ["death"] && history(ledger).shownOnUnits == ["icu": 1])
    // Somebody who read it before it was taken back comes late with it.
    let late = AlertHistory.Event(model: "m", outcome: "sepsis", instant: Self.now, urgency: 1)
    ledger.add(
      [late], isShowing: true, of: "p", client: "ehr", unit: "icu", sequence: 5, at: Self.now, time: Self.now, hours: 24
    )
    #expect(history(ledger).showings.map(\.outcome) == ["death"] && history(ledger).shownOnUnits == ["icu": 1])
    ledger.remove([6])
    #expect(history(ledger).showings.isEmpty && history(ledger).shownOnUnits.isEmpty)
  }

  /// A record may be of another process, whose clock is days ahead; what is over is said by one's own.
  @Test func anothersClockSweepsNothing() {
    var ledger = ledger()
    let ahead = Self.now.advanced(byHours: 100)
    ledger.add(
      [AlertHistory.Event(model: "m", outcome: "other", instant: ahead, urgency: 1)], isShowing: true, of: "q",
      client: "ehr", unit: nil, sequence: 7, at: ahead, time: Self.now.advanced(byHours: 1), hours: 24)
    #expect(history(ledger).showings.count == 2)
  }
}
