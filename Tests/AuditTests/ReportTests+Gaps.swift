// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// When nothing was recorded, and why.
extension ReportTests {
  @Test(arguments: TestStore.atHand) func gapsAreNamedWithWhy(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    let made = try report(directory, .gaps)
    let why = Array(zip(column("before record", made), column("why", made)).map { "\($0): \($1)" })
    #expect(
      why == [
        "4: a running service recorded nothing", "5: a running service recorded nothing",
        "10: the service was stopped", "11: a running service recorded nothing",
        "12: the service ended without a stop on record", "13: the clock was set back",
      ])
    #expect(column("seconds", made) == ["3600.0", "3600.0", "7200.0", "7200.0", "3600.0", "-1800.0"])
  }

  /// Answers that were given side by side, as each day has them, are no gap and no clock that was set back.
  @Test(arguments: TestStore.atHand) func answersSideBySideAreNoGap(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for milliseconds in [0, 20_007, 20_000, 20_500, 19_501] as [Int64] {
      let time = Instant(milliseconds: 1_772_000_000_000 + milliseconds)
      _ = try await trail.append(AuditEntry(time: time, kind: milliseconds == 0 ? .start : .read))
    }
    try trail.close()
    #expect(try report(directory, .gaps).rows.isEmpty)
    #expect(try TrailVerification(directory.data, against: .init(log: trail.logKey)).faults == [])
  }

  /// A start says whether something disciplines the clock, and a record when that changes.
  @Test func aClockThatNothingDisciplinesIsAGap() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    func clock(_ kind: AuditEntry.Kind, _ isSynchronised: Bool, at hours: Double) -> AuditEntry {
      let state = ClockState(isSynchronised: isSynchronised, offset: -3, estimatedError: 20, maximumError: 500)
      var made = entry(kind, at: hours)
      (made.outcome, made.note) = (state.word, state.text)
      return made
    }
    for entry in [
      clock(.start, true, at: 0), clock(.clock, false, at: 0.5), entry(.read, at: 0.6), clock(.clock, false, at: 1),
      clock(.clock, true, at: 1.5), clock(.clock, false, at: 1.75), entry(.stop, at: 2), clock(.start, false, at: 2.5),
      entry(.read, at: 3),
    ] { _ = try await trail.append(entry) }
    try trail.close()
    let made = try report(directory, .gaps)
    let rows = made.rows.filter { $0.last == "nothing disciplined the clock" }
    #expect(
      rows.map { [$0[3], $0[4], $0[2]] } == [
        ["2", "4", "1800.0"], ["4", "5", "1800.0"], ["6", "7", "900.0"], ["8", "9", "1800.0"],
      ])
    #expect(made.facts["seconds in all"] == "1800.0", "a time that is on record is none in which nothing was")
  }

  /// A part of a gap is a gap: also where the record behind it is later, or there is none.
  @Test(arguments: TestStore.atHand) func gapsAreCutByNoBound(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    func gaps(_ since: Double?, _ until: Double?) throws -> [String] {
      var search = AuditReader.Search()
      search.filter.since = since.map { entry(.read, at: $0).time }
      search.until = until.map { entry(.read, at: $0).time }
      return try column("before record", report(directory, .gaps, search))
    }
    #expect(try gaps(4.5, 5) == ["10"] && gaps(7, 7.5) == ["11"])
    #expect(try gaps(9.5, 9.6) == [""] && gaps(9.5, nil) == [])
    #expect(try gaps(0, 1.5) == ["4"])
  }
}
