// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Synchronization
import TestSupport
import Testing

/// The trail in an OpenTelemetry collector: each record at least once and under one id, whatever goes wrong on the way.
@Suite struct LogExportTests {
  private static let place = "otlp+https://collector.example:4318/v1/logs"
  private static let now = Instant(milliseconds: 1_800_000_000_000)
  private static let instant = ContinuousClock.now

  private func feed(_ trail: AuditTrail, to collector: TroubledCollector) throws -> AuditEventFeed {
    try AuditEventFeed(of: trail, to: Self.place, as: .otlp, now: { Self.now }) { await collector.post($0) }
  }

  /// What the trail says was not taken.
  private func told(_ directory: TemporaryDirectory) throws -> [String] { try FeedTests().told(directory) }

  /// The bytes: 64 bits as strings, enumerations as numbers (OTLP's JSON), of a leaf that another test has in full.
  @Test func aLogRecordIsThis() {
    let entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_000), kind: .start)
    let record = AuditRecord(sequence: 17, entry: entry, commitment: nil)
    let attributes = [
      #"{"key":"log.record.uid","value":{"stringValue":"17-0ff038d0af39cf6149237b7dae74b28db08b834a"}}"#,
      #"{"key":"vigil.audit.sequence","value":{"intValue":"17"}}"#,
      #"{"key":"vigil.audit.leaf","value":{"stringValue":"b8a7f5ce0b5c0803d8bac6e6cf9341775ca724f388677c5fbdf9d1503677578f"}}"#,
      #"{"key":"vigil.audit.kind","value":{"stringValue":"start"}}"#,
      #"{"key":"vigil.audit.outcome","value":{"stringValue":"0"}}"#,
    ]
    let beginning =
      #"{"timeUnixNano":"1700000000000000000","observedTimeUnixNano":"1700000000000000000","severityNumber":9,"#
    let middle = #""severityText":"INFO","body":{"stringValue":"start"},"attributes":["#
    #expect(
      record.logRecord(log: "vigil.invalid/trail").text()
        == beginning + middle + attributes.joined(separator: ",") + "]}")
  }

  /// A failure is an error with its code, and nothing of it is the patient's or was written by a person.
  @Test func aLogRecordNamesNobody() {
    var entry = fullEntry(3, payloadBytes: 0)
    (entry.status, entry.reason, entry.note) = (503, "AUD004", "Halvorsen")
    var record = AuditRecord(sequence: 3, entry: entry, commitment: nil, subject: [UInt8](repeating: 0xab, count: 32))
    let text = record.logRecord(log: "vigil.invalid/trail").text()
    #expect(text.contains(#""severityNumber":17,"severityText":"ERROR""#))
    #expect(text.contains(#""body":{"stringValue":"answer patient-risk 503 AUD004"}"#))
    #expect(text.contains(#"{"key":"http.response.status_code","value":{"intValue":"503"}}"#))
    #expect(text.contains(#"{"key":"error.type","value":{"stringValue":"AUD004"}}"#))
    #expect(text.contains(#"{"key":"vigil.audit.client","value":{"stringValue":"ehr"}}"#))
    for word in ["abababab", "03030303", "Halvorsen", "Practitioner", "127.0.0.1", "instance-3", "token-3", "Location"]
    {
      #expect(!text.contains(word), "\(word)")
    }
    // What a person gave as a reason is no code.
    record.entry.reason = "order of the court"
    #expect(!record.logRecord(log: "vigil.invalid/trail").text().contains("court"))
  }

  /// A collector that fails in every way: in the end it has each record under its id, and what came again is the same.
  @Test(arguments: 0..<6 as Range<UInt64>) func eachIsThereUnderItsID(_ seed: UInt64) async throws {
    let directory = TemporaryDirectory()
    let random = Mutex(SplitMix64(seed: seed))
    @Sendable func draw(_ count: Int) -> Int { random.withLock { Int.random(in: 0..<count, using: &$0) } }
    let collector = TroubledCollector()
    let troubles = TroubledCollector.Trouble.allCases
    await collector.set { draw(2) == 0 ? nil : troubles[draw(troubles.count)] }
    var trail = try AuditTrail(directory: directory.data)
    var feed = try feed(trail, to: collector)
    var number = 0
    for _ in 0..<40 {
      switch draw(8) {
      case 0...2:
        let last = number + 1 + draw(150)
        try await appendTogether((number + 1)...last, to: trail) { fullEntry($0, payloadBytes: 0) }
        number = last
      case 3:
        try trail.close()
        trail = try AuditTrail(directory: directory.data)
        feed = try self.feed(trail, to: collector)
      default: _ = await feed.ship(at: Self.instant)
      }
    }
    await collector.set { nil }
    _ = try await trail.append(fullEntry(number + 1, payloadBytes: 0))
    let turn = try await FeedTests().finish(&feed)
    try trail.close()
    let exported = try FeedTests().exported(directory)
    #expect(turn.recorded == exported.count && exported.count > 50)
    #expect(await Set(collector.records.keys) == Set(exported.keys))
    #expect(await collector.changes == 0)
    // Only what had no answer comes again, so never something before what is known to be there.
    let numbers = await collector.numbers
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 > $0 - Int64(AuditEventFeed.mostInBundle) })
  }

  /// What has an answer is not sent again.
  @Test func nothingIsRepeatedWithoutNeed() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...250, to: trail) { fullEntry($0, payloadBytes: 0) }
    let collector = TroubledCollector()
    var feed = try feed(trail, to: collector)
    #expect(try await FeedTests().finish(&feed) == AuditEventFeed.Turn(250, of: 250))
    #expect(await collector.numbers == Array(1...250))
    #expect(await collector.posts == 3)
    try trail.close()
  }

  /// `partialSuccess` does not say which: it is on record how many of which request, and nothing of it is sent again (OTLP: MUST NOT).
  @Test func aPartialSuccessIsOnRecordAndNotRepeated() async throws {
    let directory = TemporaryDirectory()
    var trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let collector = TroubledCollector()
    await collector.reject([3])
    var feed = try feed(trail, to: collector)
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.sent == 5 && turn.unnamed == 1 && turn.refused == [] && turn.failure == nil)
    #expect(try told(directory) == ["not taken by the audit repository (otlp): 1-5 (1 of 5)"])
    #expect(try await FeedTests().finish(&feed).sent == 6)
    try trail.close()
    // Nor by the next start.
    trail = try AuditTrail(directory: directory.data)
    await collector.reject([])
    feed = try self.feed(trail, to: collector)
    for _ in 0..<3 { _ = await feed.ship(at: Self.instant) }
    #expect(await collector.numbers == [1, 2, 4, 5, 6])
    try trail.close()
  }

  /// A collector that takes nothing is not believed that it is the records' fault.
  @Test func whatTakesNothingGetsNothingPassedOver() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let collector = TroubledCollector()
    await collector.reject(Set(1...5))
    var feed = try feed(trail, to: collector)
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.sent == 0 && turn.unnamed == 0 && turn.refused == [])
    #expect(turn.failure == AuditError(.repositoryRefuses, sequence: 1, systemCode: 200))
    #expect(try told(directory) == [])
    try trail.close()
  }

  /// Where the records that say so are not taken either, they do not bring each other for ever.
  @Test func whatIsSaidOfNotesBringsNoOthers() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let collector = TroubledCollector()
    await collector.reject([3], notes: true)
    var feed = try feed(trail, to: collector)
    #expect(await feed.ship(at: Self.instant).sent == 5)
    #expect(await feed.ship(at: Self.instant).failure?.code == .repositoryRefuses)
    for number in 7...9 {
      _ = try await trail.append(fullEntry(number, payloadBytes: 0))
      #expect(await feed.ship(at: Self.instant).sent == Int64(number))
    }
    #expect(trail.size == 9)
    try trail.close()
  }

  /// A record that is not taken beside a note is not taken for the note, which is taken or is not either.
  @Test(arguments: [false, true]) func aRecordBesideANoteIsOnRecord(_ rejectsNotes: Bool) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let collector = TroubledCollector()
    await collector.reject([3, 8], notes: rejectsNotes)
    var feed = try feed(trail, to: collector)
    #expect(await feed.ship(at: Self.instant).sent == 5)
    // Behind the note in record 6 one that is taken and one that is not.
    for number in 7...8 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.sent == 8 && turn.unnamed == 1 && turn.refused == (rejectsNotes ? [6] : []))
    let both = rejectsNotes ? "6 (200), 7-8 (1 of 2)" : "7-8 (1 of 2)"
    #expect(
      try told(directory) == [
        "not taken by the audit repository (otlp): \(both)", "not taken by the audit repository (otlp): 1-5 (1 of 5)",
      ])
    #expect(await collector.numbers == (rejectsNotes ? [1, 2, 4, 5, 7] : [1, 2, 4, 5, 6, 7]))
    try trail.close()
  }

  /// A request that is refused whole is sent in halves, until the record is found that cannot be read; that is tried again by the next start.
  @Test func oneRecordThatCannotBeReadStandsInNobodysWay() async throws {
    let directory = TemporaryDirectory()
    var trail = try AuditTrail(directory: directory.data)
    for number in 1...9 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let collector = TroubledCollector()
    await collector.choke(at: [7])
    var feed = try feed(trail, to: collector)
    #expect(try await FeedTests().finish(&feed).sent == 10)
    #expect(try told(directory) == ["not taken by the audit repository (otlp): 7 (400)"])
    #expect(await collector.numbers == [1, 2, 3, 4, 5, 6, 8, 9, 10])
    try trail.close()
    trail = try AuditTrail(directory: directory.data)
    await collector.choke(at: [])
    // What the repository of events takes is another's.
    let repository = TroubledRepository()
    var events = try FeedTests().feed(trail, to: repository)
    #expect(try await FeedTests().finish(&events).sent == 10)
    _ = await events.ship(at: Self.instant)
    #expect(await repository.puts == 10)
    feed = try self.feed(trail, to: collector)
    _ = await feed.ship(at: Self.instant)
    #expect(await collector.numbers.last == 7)
    try trail.close()
  }

  /// Who is busy says for how long, and an answer that no collector gives is none.
  @Test func itIsLeftAloneForAsLongAsItAsks() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1, payloadBytes: 0))
    let collector = TroubledCollector()
    var feed = try feed(trail, to: collector)
    await collector.set { .busy }
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.retryAfter == .seconds(30) && turn.failure?.code == .repositorySilent && turn.sent == 0)
    await collector.set { .garbled }
    let garbled = await feed.ship(at: Self.instant)
    #expect(garbled.retryAfter == nil && garbled.sent == 0)
    #expect(garbled.failure == AuditError(.repositorySilent, sequence: 1, systemCode: 200))
    await collector.set { nil }
    #expect(await feed.ship(at: Self.instant).sent == 1)
    try trail.close()
  }

  /// An answer that does not say that records were taken confirms none.
  @Test(arguments: [
    #"{"status":"ok"}"#, #"{"partial_success":{"rejectedLogRecords":"1"}}"#, #"{"partialSuccess":3}"#,
    #"{"partialSuccess":[]}"#, #"{"partialSuccess":"all"}"#, #"{"partialSuccess":{"rejectedLogRecords":"two"}}"#,
    #"{"partialSuccess":{"rejectedLogRecords":-1}}"#, #"{"partialSuccess":{"rejectedLogRecords":{}}}"#,
    #"{"partialSuccess":{"rejectedLogRecords":true}}"#, #"{"partialSuccess":{"rejectedLogRecords":1.5}}"#, "[]", "null",
  ]) func whatCannotBeReadConfirmsNothing(_ body: String) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    var feed = try AuditEventFeed(of: trail, to: Self.place, as: .otlp, now: { Self.now }) { _ in
      AuditEventFeed.Answer(status: 200, body: Array(body.utf8))
    }
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.sent == 0 && turn.failure == AuditError(.repositorySilent, sequence: 1, systemCode: 200))
    try trail.close()
  }

  /// What says that all were taken, in whichever of the ways that protobuf's JSON has.
  @Test(arguments: [
    "", "{}", #"{"partialSuccess":{}}"#, #"{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"slow"}}"#,
    #"{"partialSuccess":{"rejectedLogRecords":0}}"#, #"{"partialSuccess":{"errorMessage":"slow"}}"#,
  ]) func whatRejectsNothingConfirmsAll(_ body: String) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    var feed = try AuditEventFeed(of: trail, to: Self.place, as: .otlp, now: { Self.now }) { _ in
      AuditEventFeed.Answer(status: 200, body: Array(body.utf8))
    }
    #expect(await feed.ship(at: Self.instant) == AuditEventFeed.Turn(3, of: 3))
    try trail.close()
  }
}
