// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import GRDB
import Testing

@Suite struct RejectionCountsTests {
  static func rejection(_ origin: Int) -> Rejection {
    Rejection(origin: "10.0.0.\(origin)", service: nil, status: 400, reason: "FHR001")
  }

  @Test func repeatsInAMinuteAreOneRecord() {
    var counts = RejectionCounts()
    let start = Instant(milliseconds: 120_000)
    #expect(counts.add(Self.rejection(1), at: start).count == 1)
    for second in 1..<60 {
      #expect(counts.add(Self.rejection(1), at: Instant(milliseconds: 120_000 + Int64(second) * 1000)).isEmpty)
    }
    let entries = counts.flush(at: Instant(milliseconds: 180_000), includingCurrent: false)
    #expect(entries.map(\.count) == [59])
    #expect(entries.map(\.instant) == [start])
    #expect(entries.map(\.origin) == ["10.0.0.1"])
    #expect(counts.flush(at: Instant(milliseconds: 240_000), includingCurrent: true).isEmpty)
  }

  @Test func eachClientsAreCountedByThemselves() {
    var counts = RejectionCounts()
    let now = Instant(milliseconds: 0)
    var ehr = Self.rejection(1)
    ehr.client = "ehr"
    #expect(counts.add(ehr, at: now).map(\.client) == ["ehr"])
    let other = counts.add(Self.rejection(1), at: now)
    #expect(other.map(\.client) == [nil] && counts.add(ehr, at: now).isEmpty)
    // What could not be committed is counted on as that client's.
    counts.keep(other[...])
    let later = counts.flush(at: Instant(milliseconds: 60_000), includingCurrent: false)
    #expect(later.map(\.client) == ["ehr", nil] && later.map(\.count) == [1, 1])
  }

  /// Whatever comes, a minute gives a bounded number of records, and they stand for every rejection.
  @Test func aFloodIsBounded() {
    var counts = RejectionCounts()
    var entries: [AuditEntry] = []
    for number in 0..<100_000 { entries += counts.add(Self.rejection(number % 5000), at: Instant(milliseconds: 7)) }
    entries += counts.flush(at: Instant(milliseconds: 60_000), includingCurrent: false)
    #expect(entries.count == 2 * RejectionCounts.mostKinds + 1)
    #expect(entries.reduce(0) { $0 + ($1.count ?? 1) } == 100_000)
  }

  @Test func theNextMinuteBeginsAnew() {
    var counts = RejectionCounts()
    _ = counts.add(Self.rejection(1), at: Instant(milliseconds: -1))
    _ = counts.add(Self.rejection(1), at: Instant(milliseconds: -2))
    let entries = counts.add(Self.rejection(1), at: Instant(milliseconds: 0))
    #expect(entries.map(\.count) == [1, nil])
    #expect(entries.first?.instant == Instant(milliseconds: -60_000))
  }

  @Test func whatCouldNotBeCommittedIsCountedOn() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    func allow(_ pages: Int) async throws {
      try await trail.database.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA max_page_count = \(pages)")
      }
    }
    let start = Instant(milliseconds: 600_000)
    try await allow(1)
    // Fill the pages there are.
    while (try? await trail.append(fullEntry(1))) != nil {}
    var note = AuditEntry(time: start, kind: .read)
    note.note = String(repeating: "x", count: 100)
    while (try? await trail.append(note)) != nil {}
    note.note = nil
    while (try? await trail.append(note)) != nil {}
    await #expect(throws: AuditError.self) { try await trail.append(Self.rejection(1), at: start) }
    for _ in 1..<5 { try await trail.append(Self.rejection(1), at: start) }
    try await allow(100_000)
    try await trail.flushRejections(at: start, includingCurrent: true)
    var filter = AuditReader.Filter()
    filter.kind = .rejection
    let records = try AuditReader(directory: directory.data).list(filter, limit: 10)
    #expect(records.map(\.entry.count) == [5])
  }

  @Test func aRunningMinuteIsKeptUntilTheEnd() {
    var counts = RejectionCounts()
    for _ in 0..<3 { _ = counts.add(Self.rejection(1), at: Instant(milliseconds: 5)) }
    #expect(counts.flush(at: Instant(milliseconds: 6), includingCurrent: false).isEmpty)
    #expect(counts.flush(at: Instant(milliseconds: 6), includingCurrent: true).map(\.count) == [2])
  }
}
