// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Synchronization
import TestSupport
import Testing

/// The trail in an audit record repository: each record's event once, whatever goes wrong on the way.
@Suite struct FeedTests {
  static let base = "https://arr.example:443/fhir"
  static let now = Instant(milliseconds: 1_800_000_000_000)
  static let instant = ContinuousClock.now

  func feed(_ trail: AuditTrail, to repository: TroubledRepository) throws -> AuditEventFeed {
    try AuditEventFeed(of: trail, to: Self.base, now: { Self.now }) { await repository.post($0) }
  }

  /// Sends until everything is there.
  func finish(
    _ feed: inout AuditEventFeed, at instant: ContinuousClock.Instant = Self.instant
  ) async throws -> AuditEventFeed.Turn {
    for _ in 0..<1000 {
      let turn = await feed.ship(at: instant)
      if turn.failure == nil, turn.sent == turn.recorded { return turn }
    }
    Issue.record("not everything was sent")
    return AuditEventFeed.Turn()
  }

  /// The events of a trail as `vigil audit export` writes them, by their ids.
  func exported(_ directory: TemporaryDirectory) throws -> [String: String] {
    let log = try directory.data.loadLogKey().name
    let events = try AuditReader(directory: directory.data).list(limit: .max).map { $0.auditEvent(log: log) }
    return Dictionary(
      uniqueKeysWithValues: events.map { event in
        guard case .string(let id)? = event["id"] else { return ("", "") }
        return (id, event.text())
      })
  }

  /// What the trail says was refused.
  func told(_ directory: TemporaryDirectory) throws -> [String] {
    var search = AuditReader.Search()
    search.reason = "AUD026"
    return try AuditReader(directory: directory.data).find(search, limit: .max).compactMap(\.entry.note)
  }

  /// An hour of troubles by chance: records come in, the repository fails in every way, services are restarted between. In the end
  /// each record's event is there as it is exported, once, and those that are not taken are on record.
  @Test(arguments: 0..<18 as Range<UInt64>) func eachIsThereOnce(_ seed: UInt64) async throws {
    let directory = TemporaryDirectory()
    let random = Mutex(SplitMix64(seed: seed))
    @Sendable func draw(_ count: Int) -> Int { random.withLock { Int.random(in: 0..<count, using: &$0) } }
    let repository = TroubledRepository()
    // Without this one what came first came in the order of the records.
    let troubles = TroubledRepository.Trouble.allCases.filter { $0 != .failing || seed % 2 == 1 }
    await repository.set { draw(3) == 0 ? nil : troubles[draw(troubles.count)] }
    var refused = Set((1...9000).filter { seed % 3 == 0 && $0 % 17 == 0 } as [Int64])
    await repository.refuse(refused, strictly: seed % 6 == 0)
    var trail = try AuditTrail(directory: directory.data)
    var feed = try feed(trail, to: repository)
    var number = 0
    for _ in 0..<40 {
      switch draw(8) {
      case 0...2:
        let last = number + 1 + draw(150)
        try await appendTogether((number + 1)...last, to: trail) { number in
          var entry = fullEntry(number, payloadBytes: 0)
          entry.payload = nil
          return entry
        }
        number = last
      case 3:
        try trail.close()
        trail = try AuditTrail(directory: directory.data)
        feed = try self.feed(trail, to: repository)
      default: _ = await feed.ship(at: Self.instant)
      }
    }
    await repository.set { nil }
    // Two at the end that are taken, so that the last one is not refused alone.
    let last = trail.size
    refused = refused.filter { $0 <= last }
    await repository.refuse(refused, strictly: seed % 6 == 0)
    _ = try await trail.append(fullEntry(number + 1, payloadBytes: 0))
    _ = try await trail.append(fullEntry(number + 2, payloadBytes: 0))
    let turn = try await finish(&feed)
    try trail.close()

    let exported = try exported(directory)
    let there = await repository.events
    let expected = exported.filter { !refused.contains(TroubledRepository.number($0.key)) }
    #expect(turn.recorded == exported.count && exported.count > 50)
    #expect(there == expected)
    #expect(await repository.changes == 0)
    let order = await repository.order.map(TroubledRepository.number)
    #expect(Set(order).count == order.count)
    if seed % 2 == 0 { #expect(order == order.sorted()) }
    let notes = try told(directory).joined(separator: "\n")
    let own = exported.filter { $0.value.contains("AUD026") }.map { TroubledRepository.number($0.key) }
    for record in refused.subtracting(own) where record <= turn.recorded {
      #expect(notes.contains(" \(record) ("), "record \(record) is refused and not on record")
    }
  }

  /// While the repository is away nothing is kept but the trail, and afterwards nothing is sent twice.
  @Test(arguments: TestStore.atHand) func aDeadRepositoryCostsNothing(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let repository = TroubledRepository()
    await repository.set { .deaf }
    var feed = try feed(trail, to: repository)
    for number in 1...350 {
      _ = try await trail.append(fullEntry(number, payloadBytes: 0))
      if number % 50 == 0 {
        let turn = await feed.ship(at: Self.instant)
        #expect(turn.failure?.code == .repositorySilent && turn.sent == 0 && turn.recorded == number)
      }
    }
    await repository.set { nil }
    #expect(try await finish(&feed).sent == 350)
    #expect(await repository.puts == 350)
    #expect(try await repository.events == exported(directory))
    let posts = await repository.posts
    #expect(await feed.ship(at: Self.instant) == AuditEventFeed.Turn(350, of: 350))
    #expect(await repository.posts == posts, "nothing is sent when nothing is new")
    // Another repository lacks everything.
    let second = TroubledRepository()
    var other = try AuditEventFeed(of: trail, to: "https://other.example:443/", now: { Self.now }) {
      await second.post($0)
    }
    #expect(try await finish(&other).sent == 350)
    #expect(await second.events == repository.events)
    try trail.close()
  }

  /// Whoever edits the position passes no record over: it is sealed, and of another trail it says nothing.
  @Test(
    arguments: [
      "UPDATE feed SET size = 60", "UPDATE feed SET seal = x'00'", "UPDATE feed SET root = x'00'",
      "UPDATE feed SET size = 60, root = (SELECT substr(hashes, 1, 32) FROM tile WHERE id = 0)",
      "UPDATE feed SET sender = x'00'", "UPDATE feed SET turn = turn + 100", "DELETE FROM feed",
    ], TestStore.atHand) func anEditedPositionIsNotBelieved(_ sql: String, _ store: TestStore) async throws
  {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let repository = TroubledRepository()
    for number in 1...40 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    var feed = try feed(trail, to: repository)
    _ = try await finish(&feed)
    for number in 41...60 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    try directory.tamper(sql)
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.failure?.code == .positionUnknown && turn.sent == 0)
    #expect(try await finish(&feed).sent == 61)
    #expect(try await repository.events == exported(directory))
    #expect(await repository.puts == 61, "this process knows what is there")
    let said = try AuditReader(directory: directory.data).record(61).entry
    #expect(said.kind == .rejection && said.reason == "AUD027")
    // Again and again it keeps nothing in and fills nothing.
    for number in 62...65 {
      _ = try await trail.append(fullEntry(number, payloadBytes: 0))
      try directory.tamper(sql)
      #expect(await feed.ship(at: Self.instant + .seconds(number - 40)).failure?.code == .positionUnknown)
      #expect(
        await feed.ship(at: Self.instant + .seconds(number - 40))
          == AuditEventFeed.Turn(Int64(number), of: Int64(number)))
    }
    // Another process begins with the first record.
    try directory.tamper(sql)
    var second = try self.feed(trail, to: repository)
    _ = await second.ship(at: Self.instant)
    _ = try await finish(&second)
    #expect(try await repository.events == exported(directory))
    #expect(await repository.puts >= 130)
    try trail.close()
  }

  /// Whoever keeps the position from being written is seen.
  @Test func aPositionThatCannotBeWrittenIsAnError() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let repository = TroubledRepository()
    var feed = try feed(trail, to: repository)
    _ = try await trail.append(fullEntry(1, payloadBytes: 0))
    _ = try await finish(&feed)
    _ = try await trail.append(fullEntry(2, payloadBytes: 0))
    try directory.tamper("CREATE TRIGGER stuck BEFORE UPDATE ON feed BEGIN SELECT RAISE(IGNORE); END")
    #expect(await feed.ship(at: Self.instant).failure?.code == .tablesChanged)
    try trail.close()
  }

  /// A trail that was put in the place of the one that was sent writes over nothing that is there: both histories are.
  ///
  /// - Parameter last: up to which record it goes: not so far as what was sent, or further.
  @Test(arguments: [25, 45]) func anotherHistoryIsBesideTheFirst(_ last: Int) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let repository = TroubledRepository()
    for number in 1...10 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    var feed = try feed(trail, to: repository)
    _ = try await finish(&feed)
    let fork = try directory.copy()
    for number in 11...30 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    _ = try await finish(&feed)
    try trail.close()
    let first = try exported(directory)

    let forked = try AuditTrail(directory: fork.data)
    for number in 11...last { _ = try await forked.append(fullEntry(number + 100, payloadBytes: 0)) }
    // As in a database that was set back.
    try fork.tamper(
      "ATTACH '\(directory.data.trail)' AS sent; DELETE FROM feed; INSERT INTO feed SELECT * FROM sent.feed")
    var second = try self.feed(forked, to: repository)
    #expect(await second.ship(at: Self.instant).failure?.code == .positionUnknown)
    _ = try await finish(&second)
    try forked.close()
    let both = first.merging(try exported(fork)) { $1 }
    #expect(both.count == 30 + last - 10 + 1)
    #expect(await repository.events == both)
  }

  /// What is not under the signed head is not sent, nor what was changed beneath it.
  @Test func onlyWhatIsSignedIsSent() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let repository = TroubledRepository()
    for number in 1...150 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    try directory.tamper(
      "INSERT INTO record (sequence, leaf, time, kind) SELECT 151, leaf, time, kind FROM record WHERE sequence = 150")
    var feed = try feed(trail, to: repository)
    #expect(try await finish(&feed) == AuditEventFeed.Turn(150, of: 150))
    try directory.tamper("DELETE FROM record WHERE sequence = 151")
    for number in 151...160 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    // Another outcome of a card in record 155, with the tile changed along.
    let leaf = try AuditReader(directory: directory.data).record(155).leaf
    var changed = leaf
    let word = try #require(leaf.firstRange(of: Array("sepsis".utf8)))
    changed.replaceSubrange(word, with: Array("seqsis".utf8))
    let bytes = AuditRecord.hexadecimal(changed)
    let hash = AuditRecord.hexadecimal(MerkleHash.leaf(changed).bytes)
    try directory.tamper(
      """
      UPDATE record SET leaf = x'\(bytes)' WHERE sequence = 155;
      UPDATE tile SET hashes = CAST(substr(hashes, 1, 154 * 32) || x'\(hash)' || substr(hashes, 155 * 32 + 1) AS BLOB)
      WHERE id = 0
      """)
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.failure?.code == .treeDamaged)
    #expect(await repository.events.count == 150)
  }

  /// Of a patient who was erased before what was recorded was sent nothing is sent that could be found by the identifier.
  @Test func anErasedPatientStaysErased() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let repository = TroubledRepository()
    let patient = fullEntry(3).patient ?? []
    for number in 1...9 { _ = try await trail.append(fullEntry(number)) }
    let token = try #require(try AuditReader(directory: directory.data).record(3).subject)
    _ = try await trail.done(.erasure, to: patient)
    var feed = try feed(trail, to: repository)
    _ = try await finish(&feed)
    let events = await repository.events
    #expect(events.values.contains { $0.contains(AuditRecord.hexadecimal(token)) })
    #expect(!events.values.contains { $0.contains(AuditRecord.hexadecimal(patient)) })
    var search = AuditReader.Search()
    search.filter.patient = patient
    #expect(try AuditReader(directory: directory.data).find(search, limit: 9) == [], "nobody's any more")
    try trail.close()
  }

  /// The id is of the bytes that are in the tree: whoever has the leaf makes it again.
  @Test func anIDIsOfTheLeaf() {
    let entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_000), kind: .start)
    let record = AuditRecord(sequence: 17, entry: entry, commitment: nil)
    #expect(
      AuditRecord.hexadecimal(record.leaf)
        == "010100000008000000000000001102000000080000018bcfe5680003000000057374617274")
    #expect(record.auditEventID(log: "vigil.invalid/trail") == "17-0ff038d0af39cf6149237b7dae74b28db08b834a")
    #expect(record.auditEventID(log: "vigil.invalid/other") != record.auditEventID(log: "vigil.invalid/trail"))
    let last = AuditRecord(sequence: .max, entry: entry, commitment: nil).auditEventID(log: "l")
    #expect(
      last.utf8.count <= 64 && last.allSatisfy { $0.isASCII && ($0.isHexDigit || $0 == "-") }, "R4 datatypes.html#id")
  }
}

extension AuditEventFeed.Turn {
  /// A turn with which everything went well.
  init(_ sent: Int64, of recorded: Int64) {
    self.init()
    (self.sent, self.recorded) = (sent, recorded)
  }
}
