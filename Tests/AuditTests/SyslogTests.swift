// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Testing

/// The trail at a syslog receiver: each record's message at least once, behind each other in the order of the records.
@Suite struct SyslogTests {
  private static let log = "vigil.invalid/trail"
  private static let now = Instant(milliseconds: 1_800_000_000_000)
  private static let instant = ContinuousClock.now

  /// A receiver that reads messages by their lengths, and says that it read them or not.
  private actor Receiver {
    private(set) var messages: [String] = []
    private(set) var connections = 0
    var answer: AuditEventFeed.Answer? = AuditEventFeed.Answer.confirmed

    func set(_ answer: AuditEventFeed.Answer?) { self.answer = answer }

    func post(_ bytes: [UInt8]) -> AuditEventFeed.Answer? {
      connections += 1
      if let answer, answer.status == 200 { messages += SyslogTests.messages(bytes) }
      return answer
    }
  }

  /// Messages out of the frames of RFC 5425 section 4.3; nothing behind the first that is none.
  private static func messages(_ bytes: [UInt8]) -> [String] {
    var (messages, rest) = ([String](), bytes[...])
    while let blank = rest.firstIndex(of: 0x20) {
      guard let count = Int(String(decoding: rest[..<blank], as: UTF8.self)), count <= rest.endIndex - blank - 1 else {
        return messages
      }
      messages.append(String(decoding: rest[(blank + 1)...].prefix(count), as: UTF8.self))
      rest = rest[(blank + 1)...].dropFirst(count)
    }
    return messages
  }

  /// The number that a message names in its structured data.
  private static func number(_ message: String) -> Int64 {
    guard let start = message.firstRange(of: " sequence=\"")?.upperBound else { return 0 }
    return Int64(message[start...].prefix { $0 != "\"" }) ?? 0
  }

  /// The bytes, of a leaf that another test has in full: facility 10 and severity 5, RFC 5424's version 1, no process, the kind, structured
  /// data, a byte order mark and the AuditEvent.
  @Test func aMessageIsThis() {
    let entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_123), kind: .start)
    let record = AuditRecord(sequence: 17, entry: entry, commitment: nil)
    let leaf = AuditRecord.hexadecimal(MerkleHash.leaf(record.leaf).bytes)
    let header =
      "<85>1 2023-11-14T22:13:20.123Z cds.example vigil - start [vigil@32473 log=\"\(Self.log)\" sequence=\"17\" leaf=\"\(leaf)\"] "
    let message = header + "\u{FEFF}" + record.auditEvent(log: Self.log).text()
    let frame = record.syslogFrame(log: Self.log, host: "cds.example")
    #expect(frame == Array("\(message.utf8.count) \(message)".utf8))
    #expect(leaf.count == 64)
    #expect(!message.contains("\n"))
  }

  /// A failure is an error, a refusal a warning; a name that is no name of a host is none, and three characters stand behind a backslash.
  @Test func itSaysHowBadItIs() throws {
    func begin(_ status: Int, host: String = "h", log: String = Self.log) throws -> String {
      var entry = fullEntry(1, payloadBytes: 0)
      entry.status = status
      let record = AuditRecord(sequence: 1, entry: entry, commitment: nil)
      return try #require(Self.messages(record.syslogFrame(log: log, host: host)).first)
    }
    #expect(try begin(200).hasPrefix("<85>1 "))
    #expect(try begin(422).hasPrefix("<84>1 "))
    #expect(try begin(503).hasPrefix("<83>1 "))
    #expect(try begin(200, host: "two words").contains("Z - vigil - answer [vigil@32473 "))
    #expect(try begin(200, host: "").contains("Z - vigil - answer [vigil@32473 "))
    #expect(try begin(200, log: "a\"b\\c]d").contains(#"[vigil@32473 log="a\"b\\c\]d" sequence="1" "#))
  }

  /// What the receiver did not say that it read is sent again, and nothing else.
  @Test(arguments: TestStore.atHand) func whatIsNotConfirmedIsSentAgain(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...250, to: trail) { fullEntry($0, payloadBytes: 0) }
    let receiver = Receiver()
    var feed = try AuditEventFeed(
      of: trail, to: "syslog+tls://arr.example:6514", as: .syslog, from: "cds.example", now: { Self.now }
    ) { await receiver.post($0) }
    #expect(await feed.ship(at: Self.instant).sent == 100)
    await receiver.set(AuditEventFeed.Answer.unconfirmed)
    for _ in 0..<2 {
      let turn = await feed.ship(at: Self.instant)
      #expect(turn.sent == 100 && turn.failure == AuditError(.syslogUnconfirmed, sequence: 101))
    }
    await receiver.set(nil)
    #expect(await feed.ship(at: Self.instant).failure == AuditError(.repositorySilent, sequence: 101))
    await receiver.set(AuditEventFeed.Answer.confirmed)
    #expect(try await FeedTests().finish(&feed) == AuditEventFeed.Turn(250, of: 250))
    #expect(await receiver.connections == 6)
    let messages = await receiver.messages
    #expect(messages.map { Self.number($0) } == Array(1...250))
    // Each holds the event as it is exported.
    let events = messages.compactMap { message in message.firstRange(of: "\u{FEFF}").map { message[$0.upperBound...] } }
    #expect(try Set(events.map { String($0) }) == Set(FeedTests().exported(directory).values))
    #expect(messages.allSatisfy { $0.contains(" cds.example vigil - ") })
    try trail.close()
  }

  /// Two receivers of one trail have a position each.
  @Test func eachReceiverHasAPositionOfItsOwn() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let receiver = Receiver(), repository = TroubledRepository()
    await repository.set { .deaf }
    var feed = try AuditEventFeed(of: trail, to: "syslog+tls://arr.example:6514", as: .syslog, now: { Self.now }) {
      await receiver.post($0)
    }
    var events = try FeedTests().feed(trail, to: repository)
    #expect(await events.ship(at: Self.instant).sent == 0)
    #expect(await feed.ship(at: Self.instant) == AuditEventFeed.Turn(5, of: 5))
    await repository.set { nil }
    #expect(await events.ship(at: Self.instant) == AuditEventFeed.Turn(5, of: 5))
    #expect(await receiver.messages.count == 5)
    try trail.close()
  }
}
