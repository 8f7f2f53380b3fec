// SPDX-License-Identifier: Apache-2.0
import Audit
import Synchronization
import Testing

/// What a repository refuses keeps nothing else from it, and is said.
extension FeedTests {
  /// A repository that takes nothing at all is not believed that it is the events' fault: nothing is passed over.
  @Test(arguments: [false, true]) func whatTakesNothingGetsNothingPassedOver(_ isStrict: Bool) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let repository = TroubledRepository()
    await repository.refuse(Set(1...5), strictly: isStrict)
    var feed = try feed(trail, to: repository)
    let turn = await feed.ship(at: Self.instant)
    #expect(turn.sent == 0 && turn.refused == [] && turn.recorded == 5)
    #expect(turn.failure == AuditError(.repositoryRefuses, sequence: 1, systemCode: isStrict ? 400 : 422))
    #expect(try told(directory) == [])
    // One that is taken tells them apart.
    _ = try await trail.append(fullEntry(6, payloadBytes: 0))
    #expect(await feed.ship(at: Self.instant).refused == [1, 2, 3, 4, 5])
    let status = isStrict ? 400 : 422
    #expect(
      try told(directory) == [
        "not taken by the audit repository: \((1...5).map { "\($0) (\(status))" }.joined(separator: ", "))"
      ])
    try trail.close()
  }

  /// What was refused is sent again by the next start.
  @Test func whatWasRefusedIsTriedAgain() async throws {
    let directory = TemporaryDirectory()
    var trail = try AuditTrail(directory: directory.data)
    for number in 1...9 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let repository = TroubledRepository()
    await repository.refuse([3, 7])
    var feed = try feed(trail, to: repository)
    #expect(try await finish(&feed).sent == 10)
    #expect(await repository.events.count == 8)
    _ = await feed.ship(at: Self.instant)
    let posts = await repository.posts
    _ = await feed.ship(at: Self.instant)
    #expect(await repository.puts == 8)
    #expect(await repository.posts == posts, "once a start")
    await repository.refuse([])
    try trail.close()
    trail = try AuditTrail(directory: directory.data)
    feed = try self.feed(trail, to: repository)
    #expect(try await finish(&feed).sent == 10)
    _ = await feed.ship(at: Self.instant)
    #expect(try await repository.events == exported(directory))
    try trail.close()
  }

  /// Of what was refused nothing is sent that was changed since.
  @Test func aRefusedRecordThatWasChangedIsNotSent() async throws {
    let directory = TemporaryDirectory()
    var trail = try AuditTrail(directory: directory.data)
    for number in 1...9 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let repository = TroubledRepository()
    await repository.refuse([3])
    var feed = try feed(trail, to: repository)
    #expect(try await finish(&feed).sent == 10)
    try trail.close()
    var leaf = try AuditReader(directory: directory.data).record(3).leaf
    leaf.replaceSubrange(try #require(leaf.firstRange(of: Array("sepsis".utf8))), with: Array("seqsis".utf8))
    try directory.tamper("UPDATE record SET leaf = x'\(AuditRecord.hexadecimal(leaf))' WHERE sequence = 3")
    trail = try AuditTrail(directory: directory.data)
    await repository.refuse([])
    feed = try self.feed(trail, to: repository)
    #expect(await feed.ship(at: Self.instant).failure == AuditError(.treeDamaged, sequence: 3))
    #expect(await repository.events.count == 9)
    try trail.close()
  }

  /// One event at which the repository fails each time keeps nothing back for ever.
  @Test func anEventWithoutAnAnswerIsGivenUp() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...300, to: trail) { fullEntry($0, payloadBytes: 0) }
    let repository = TroubledRepository()
    await repository.choke(at: [3, 150, 151])
    var feed = try feed(trail, to: repository)
    for turn in 1..<AuditEventFeed.mostSilences {
      #expect(await feed.ship(at: Self.instant).sent == 2, "turn \(turn)")
    }
    #expect(try told(directory) == [])
    _ = try await finish(&feed)
    let notes = try told(directory).joined(separator: "\n")
    #expect(notes.contains(" 3 (500)") && notes.contains(" 150 (500), 151 (500)"))
    #expect(try await repository.events.count == 300 - 3 + told(directory).count)
    // The next start tries them again, as often as that: then all that is new is sent and nothing is asked.
    try trail.close()
    let again = try AuditTrail(directory: directory.data)
    feed = try self.feed(again, to: repository)
    let posts = await repository.posts
    for turn in 0..<20 {
      let failure = await feed.ship(at: Self.instant).failure
      #expect(failure?.code == (turn < AuditEventFeed.mostSilences ? .repositorySilent : nil), "turn \(turn)")
    }
    #expect(await repository.posts == posts + AuditEventFeed.mostSilences)
    try again.close()
  }

  /// What was refused and is to be tried again waits for a repository that is away at the start.
  @Test func whatWasRefusedWaitsForARepositoryThatIsAway() async throws {
    let directory = TemporaryDirectory()
    var trail = try AuditTrail(directory: directory.data)
    for number in 1...9 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let repository = TroubledRepository()
    await repository.refuse([3, 7])
    var feed = try feed(trail, to: repository)
    #expect(try await finish(&feed).sent == 10)
    try trail.close()
    trail = try AuditTrail(directory: directory.data)
    feed = try self.feed(trail, to: repository)
    await repository.refuse([])
    await repository.set { .deaf }
    for _ in 0..<(AuditEventFeed.mostSilences * 2) {
      let turn = await feed.ship(at: Self.instant)
      #expect(turn.failure == AuditError(.repositorySilent, sequence: 3) && turn.sent == 10)
    }
    await repository.set { nil }
    #expect(await feed.ship(at: Self.instant) == AuditEventFeed.Turn(10, of: 10))
    #expect(try await repository.events == exported(directory))
    try trail.close()
  }

  /// As many refused ones in a row as go into a Bundle are passed over like one.
  @Test func aWholeBundleOfRefusedEventsIsPassedOver() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...250, to: trail) { fullEntry($0, payloadBytes: 0) }
    let repository = TroubledRepository()
    await repository.refuse(Set(1...200))
    var feed = try feed(trail, to: repository)
    _ = try await finish(&feed)
    #expect(await repository.events.keys.map(TroubledRepository.number).sorted() == Array(201...252))
    #expect(try told(directory).joined().matches(of: /\d+ \(422\)/).count == 200)
    try trail.close()
  }

  /// What is there already is there, whatever a repository says that lets nobody change anything.
  @Test(arguments: [403, 405, 409, 412]) func whatIsThereIsNotRefused(_ status: Int) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...120, to: trail) { fullEntry($0, payloadBytes: 0) }
    let repository = TroubledRepository()
    await repository.changeNothing(status)
    let first = Mutex(true)
    await repository.set {
      first.withLock { first in
        defer { first = false }
        return first ? .mute : nil
      }
    }
    var feed = try feed(trail, to: repository)
    #expect(await feed.ship(at: Self.instant).failure?.code == .repositorySilent)
    #expect(try await finish(&feed) == AuditEventFeed.Turn(120, of: 120))
    #expect(try await repository.events == exported(directory))
    #expect(await repository.puts == 120)
    #expect(try told(directory) == [])
    try trail.close()
  }

  /// ITI-20 asks of a repository that events can be created, and no more: each is there once all the same.
  @Test(arguments: [(405, nil), (403, nil), (400, nil), (405, 412)] as [(Int, Int?)])
  func aRepositoryThatOnlyCreatesHasEachOnce(_ status: Int, _ finality: Int?) async throws {
    let directory = TemporaryDirectory()
    var trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...250, to: trail) { fullEntry($0, payloadBytes: 0) }
    let repository = TroubledRepository()
    await repository.onlyCreate(status)
    if let finality { await repository.changeNothing(finality) }
    await repository.refuse([7])
    var feed = try feed(trail, to: repository)
    #expect(await feed.ship(at: Self.instant).sent == 100)
    // An answer that is lost, and a process that begins anew.
    let first = Mutex(true)
    await repository.set {
      first.withLock { first in
        defer { first = false }
        return first ? .mute : nil
      }
    }
    #expect(await feed.ship(at: Self.instant).failure?.code == .repositorySilent)
    #expect(try await finish(&feed).sent == 251)
    #expect(try told(directory) == ["not taken by the audit repository: 7 (422)"])
    try trail.close()
    trail = try AuditTrail(directory: directory.data)
    try directory.tamper("DELETE FROM feed")
    _ = try await trail.append(fullEntry(251, payloadBytes: 0))
    await repository.refuse([])
    feed = try self.feed(trail, to: repository)
    #expect(try await finish(&feed).sent == 252)
    #expect(try await repository.events == exported(directory))
    #expect(await repository.puts == 252)
    #expect(await repository.changes == 0)
    try trail.close()
  }

  /// What a person wrote is no note of the feed's.
  @Test func aReasonIsNoNote() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    var entry = AuditEntry(time: Self.now, kind: .hold)
    (entry.reason, entry.note) = ("AUD026", "not taken by the audit repository: 2")
    _ = try await trail.append(entry)
    _ = try await trail.append(fullEntry(2, payloadBytes: 0))
    let repository = TroubledRepository()
    await repository.refuse([1, 3, 5])
    var feed = try feed(trail, to: repository)
    #expect(await feed.ship(at: Self.instant).refused == [1])
    #expect(try told(directory).contains("not taken by the audit repository: 1 (422)"))
    // The record that says so is refused too: that is said with the next that is.
    _ = try await trail.append(fullEntry(4, payloadBytes: 0))
    #expect(await feed.ship(at: Self.instant).refused == [3])
    _ = try await trail.append(fullEntry(5, payloadBytes: 0))
    _ = try await trail.append(fullEntry(6, payloadBytes: 0))
    _ = try await finish(&feed)
    #expect(try told(directory).first == "not taken by the audit repository: 3 (422), 5 (422)")
    try trail.close()
  }
}
