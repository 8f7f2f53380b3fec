// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Synchronization
import TestSupport
import Testing

/// Of several processes on one trail one sends it, and another when that one is gone.
@Suite struct SharedFeedTests {
  private static let now = Instant(milliseconds: 1_800_000_000_000)

  @Test(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
  func oneSendsAtATime() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    let repositories = [TroubledRepository(), TroubledRepository()]
    var feeds = try zip(trails, repositories).map { trail, repository in
      try AuditEventFeed(of: trail, to: FeedTests.base, now: { Self.now }) { await repository.post($0) }
    }
    var instant = ContinuousClock.now
    for number in 1...20 { _ = try await trails[number % 2].append(fullEntry(number, payloadBytes: 0)) }
    let first = await feeds[0].ship(at: instant)
    #expect(first == AuditEventFeed.Turn(20, of: 20))
    var waiting = AuditEventFeed.Turn(20, of: 20)
    waiting.isElsewhere = true
    // The first is there as long as it says so, with something to send or without.
    for number in 21...40 {
      instant += .seconds(20)
      if number % 2 == 0 { _ = try await trails[1].append(fullEntry(number, payloadBytes: 0)) }
      #expect(await feeds[0].ship(at: instant).failure == nil)
      #expect(await feeds[1].ship(at: instant).isElsewhere)
    }
    #expect(await repositories[1].posts == 0)
    // Then it is gone.
    _ = try await trails[1].append(fullEntry(41, payloadBytes: 0))
    #expect(await feeds[1].ship(at: instant).isElsewhere)
    instant += .seconds(61)
    #expect(await feeds[1].ship(at: instant) == AuditEventFeed.Turn(31, of: 31))
    #expect(await repositories[1].puts == 1, "where the other ended")
    // It comes back, and waits for its turn.
    _ = try await trails[0].append(fullEntry(42, payloadBytes: 0))
    #expect(await feeds[0].ship(at: instant).isElsewhere)
    #expect(await feeds[1].ship(at: instant).sent == 32)
    for trail in trails { try trail.close() }
  }

  /// One that cannot reach the repository makes way for one that can.
  @Test(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
  func whoCannotReachItMakesWay() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    let repository = TroubledRepository()
    var cut = try AuditEventFeed(of: trails[0], to: FeedTests.base, now: { Self.now }) { _ in nil }
    var other = try AuditEventFeed(of: trails[1], to: FeedTests.base, now: { Self.now }) { await repository.post($0) }
    for number in 1...5 { _ = try await trails[0].append(fullEntry(number, payloadBytes: 0)) }
    var instant = ContinuousClock.now
    var sent: Int64 = 0
    for _ in 0..<20 where sent < 5 {
      #expect(await cut.ship(at: instant).sent == 0)
      sent = await other.ship(at: instant).sent
      instant += .seconds(10)
    }
    #expect(sent == 5)
    #expect(await repository.puts == 5)
    for trail in trails { try trail.close() }
  }

  /// Several processes that are killed and started again by chance, whoever sends, and a repository that fails: in the end each record's
  /// event is there once.
  @Test(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing), arguments: 0..<6 as Range<UInt64>)
  func eachIsThereOnceWhoeverSends(_ seed: UInt64) async throws {
    let (directories, started) = try TemporaryDirectory.processes()
    var trails = started
    let random = Mutex(SplitMix64(seed: seed))
    @Sendable func draw(_ count: Int) -> Int { random.withLock { Int.random(in: 0..<count, using: &$0) } }
    let repository = TroubledRepository()
    let troubles = TroubledRepository.Trouble.allCases
    await repository.set { draw(2) == 0 ? nil : troubles[draw(troubles.count)] }
    var feeds = try trails.map { try FeedTests().feed($0, to: repository) }
    var (instant, number, senders) = (ContinuousClock.now, 0, Set<Int>())
    for _ in 0..<120 {
      let process = draw(2)
      switch draw(10) {
      case 0...3:
        let last = number + 1 + draw(60)
        try await appendTogether((number + 1)...last, to: trails[process]) { fullEntry($0, payloadBytes: 0) }
        number = last
      case 4:
        try trails[process].close()
        trails[process] = try AuditTrail(directory: directories[process].data)
        feeds[process] = try FeedTests().feed(trails[process], to: repository)
      default:
        instant += .seconds(draw(40))
        let before = await repository.puts
        _ = await feeds[process].ship(at: instant)
        if await repository.puts > before { senders.insert(process) }
      }
    }
    await repository.set { nil }
    instant += .seconds(300)
    _ = try await trails[0].append(fullEntry(number + 1, payloadBytes: 0))
    _ = await feeds[0].ship(at: instant)
    instant += .seconds(61)
    let turn = try await FeedTests().finish(&feeds[0], at: instant)
    for trail in trails { try trail.close() }
    #expect(senders == [0, 1])
    #expect(turn.recorded > 300 && turn.sent == turn.recorded)
    #expect(try await repository.events == FeedTests().exported(directories[0]))
    #expect(await repository.changes == 0)
  }

  /// In SQLite there is one process, which waits for nobody.
  @Test func theOneProcessWaitsForNobody() async throws {
    let directory = TemporaryDirectory()
    let repository = TroubledRepository()
    for number in 1...3 {
      let trail = try AuditTrail(directory: directory.data)
      _ = try await trail.append(fullEntry(number, payloadBytes: 0))
      var feed = try AuditEventFeed(of: trail, to: FeedTests.base, now: { Self.now }) { await repository.post($0) }
      #expect(await feed.ship(at: .now) == AuditEventFeed.Turn(Int64(number), of: Int64(number)))
      try trail.close()
    }
    #expect(await repository.puts == 3)
  }
}
