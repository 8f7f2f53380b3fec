// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// Another root key on a trail that several processes write, each with a folder of its own.
@Suite(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
struct SharedRootKeyTests {
  private static let end = Instant(milliseconds: 1_800_000_060_000)

  private func bring(from directory: TemporaryDirectory, to other: TemporaryDirectory) throws {
    try other.data.write(RootKeyReplacementTests.file(directory), to: other.data.rootKey)
  }

  private func steps(_ directory: TemporaryDirectory) throws -> [String?] {
    var filter = AuditReader.Filter()
    filter.kind = .rootKey
    return try AuditReader(directory: directory.data).list(filter, limit: 99).reversed().map(\.entry.outcome)
  }

  /// Who has not got it answers nobody, puts nothing under the old one, and goes on by itself once the file is there.
  @Test func whoHasNotGotItWaitsForIt() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    try await RootKeyReplacementTests.fill(trails[0], 1...100)
    _ = try await trails[1].append(RootKeyReplacementTests.entry(5))
    await #expect(throws: AuditError(.rootKeyUnprepared)) {
      try await trails[0].replaceRootKey(RootKeyReplacementTests.deed)
    }
    try await RootKeyReplacementTests.replace(directories[0], trails[0])
    let both = try RootKeyReplacementTests.file(directories[0])
    for number in [5, 50, 200] {
      await #expect(throws: AuditError(.keyUnusable)) {
        try await trails[1].append(RootKeyReplacementTests.entry(number))
      }
    }
    try await trails[0].finishRootKey(now: { Self.end })
    let reader = try AuditReader(directory: directories[1].data)
    #expect(throws: AuditError(.keyUnusable)) { try reader.record(50) }
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directories[1].data) }

    try directories[1].data.write(both, to: directories[1].data.rootKey)
    #expect(try reader.record(50).entry.payload != nil)
    for number in [5, 200] { _ = try await trails[1].append(RootKeyReplacementTests.entry(number)) }
    try await trails[1].finishRootKey(now: { Self.end })
    for directory in directories {
      #expect(try RootKeyReplacementTests.file(directory) == Array(both[..<32]))
      let result = try RootKeyReplacementTests.verify(directory, under: RootKeyReplacementTests.file(directory))
      #expect(result.isIntact && result.opened == 103 && result.boundKeys == 101, "\(result.faults.prefix(3))")
    }
    #expect(try steps(directories[1]) == ["begun", "done"])
  }

  /// The process that began ends; both others go on with it, while all three write.
  @Test func othersGoOnWithIt() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    try await RootKeyReplacementTests.fill(trails[0], 1...300)
    try directories[0].data.prepareRootKey()
    try bring(from: directories[0], to: directories[1])
    let third = try directories[0].copy()
    let begun = try AuditTrail(directory: third.data)
    _ = try await begun.replaceRootKey(RootKeyReplacementTests.deed)
    try begun.close()

    async let calls: Void = RootKeyReplacementTests.fill(trails[0], 200...400)
    async let others: Void = RootKeyReplacementTests.fill(trails[1], 250...450)
    // Each has heard of it by its first commit.
    for (number, trail) in trails.enumerated() {
      _ = try await trail.append(RootKeyReplacementTests.entry(500 + number))
    }
    // Where the other comes first one of them is told to look anew.
    async let one: Void? = try? trails[0].finishRootKey(now: { Self.end })
    async let other: Void? = try? trails[1].finishRootKey(now: { Self.end })
    _ = await (one, other)
    for trail in trails { try await trail.finishRootKey(now: { Self.end }) }
    try await calls
    try await others
    #expect(try steps(third) == ["begun", "done"])
    for directory in directories {
      #expect(try RootKeyReplacementTests.file(directory).count == 32)
      let result = try RootKeyReplacementTests.verify(directory, under: RootKeyReplacementTests.file(directory))
      // A patient whom two processes meet at the same moment has a key of each: patients 301 to 400 may.
      #expect(result.isIntact && result.opened == 704, "\(result.faults.prefix(3))")
      #expect((452...552).contains(result.boundKeys), "\(result.boundKeys) data keys")
    }
    // The third's folder still has both: its next start leaves one.
    let next = try AuditTrail(directory: third.data)
    try await next.finishRootKey(now: { Self.end })
    #expect(try RootKeyReplacementTests.file(third) == RootKeyReplacementTests.file(directories[0]))
  }

  /// A process behind a link that can be troubled, on the trail of a folder, with keys as they lie there.
  private struct Linked {
    let directory: TemporaryDirectory
    let link: TroubledLink

    init(_ other: TemporaryDirectory) throws {
      link = try TroubledLink(to: TestStore.connection ?? "")
      directory = try other.copy()
      try directory.settings("host=127.0.0.1 port=\(link.port)")
    }

    /// Starts it where that keeps no other test from going on.
    func start() -> Task<AuditTrail, any Error> {
      Task { [directory] in
        try await withCheckedThrowingContinuation { done in
          DispatchQueue.global().async { done.resume(with: Result { try AuditTrail(directory: directory.data) }) }
        }
      }
    }
  }

  /// Texts of what a start asks: for the newest data keys, with what it knows of the root key by then; and behind that for the lock, to read
  /// the tree.
  private static let newestKeys = "WHERE wrapped IS NOT NULL ORDER BY id DESC"
  private static let lock = "pg_advisory_xact_lock"

  /// Whatever it knows already when another replaces the root key: it puts nothing under the old one.
  @Test(.timeLimit(.minutes(5)), arguments: [[newestKeys], [newestKeys, lock]])
  func whoStartsMeanwhileHearsOfIt(_ texts: [String]) async throws {
    let directory = try TemporaryDirectory(.postgreSQL)
    let trail = try AuditTrail(directory: directory.data)
    try await RootKeyReplacementTests.fill(trail, 1...100)
    try directory.data.prepareRootKey()
    let late = try Linked(directory)
    late.link.trouble = .holdsRequest([texts[0]])
    let starting = late.start()
    for text in texts.dropFirst() {
      try await late.link.untilItHolds()
      late.link.trouble = .holdsRequest([text])
    }
    try await late.link.untilItHolds()
    _ = try await trail.replaceRootKey(RootKeyReplacementTests.deed)
    try await trail.finishRootKey(now: { Self.end })
    late.link.trouble = .none
    let started = try await starting.value
    _ = try await started.append(RootKeyReplacementTests.entry(500))
    try await started.finishRootKey(now: { Self.end })
    let key = try RootKeyReplacementTests.file(directory)
    #expect(try key.count == 32 && RootKeyReplacementTests.file(late.directory) == key)
    let result = try RootKeyReplacementTests.verify(directory, under: key)
    #expect(result.isIntact && result.opened == 101 && result.boundKeys == 101, "\(result.faults.prefix(3))")
    late.link.end()
  }

  /// A process has found what to wrap, and stands still while another ends the replacement and the one after it.
  @Test(.timeLimit(.minutes(5))) func whoStandsStillWrapsNothingUnderAKeyThatIsGone() async throws {
    let directory = try TemporaryDirectory(.postgreSQL)
    let trail = try AuditTrail(directory: directory.data)
    try await RootKeyReplacementTests.fill(trail, 1...200)
    try directory.data.prepareRootKey()
    let slow = try Linked(directory)
    let standing = try await slow.start().value
    _ = try await standing.replaceRootKey(RootKeyReplacementTests.deed)
    let finishing = Task {
      try await standing.finishRootKey(now: { Self.end }) { last, _ in
        if last < 100 { slow.link.trouble = .holdsRequest([Self.lock]) }
      }
    }
    try await slow.link.untilItHolds()
    // Hears of it by its commit.
    _ = try await trail.append(RootKeyReplacementTests.entry(5))
    try await trail.finishRootKey(now: { Self.end })
    try await RootKeyReplacementTests.replace(directory, trail)
    try await trail.finishRootKey(now: { Self.end })
    let newest = try RootKeyReplacementTests.wrapped(trail.store)
    slow.link.trouble = .none
    await #expect(throws: AuditError(.rootKeyUnfinished)) { try await finishing.value }
    #expect(try RootKeyReplacementTests.wrapped(trail.store) == newest)
    #expect(try steps(directory) == ["begun", "done", "begun", "done"])
    // Without the newest key it says nothing, and lets go of nothing.
    await #expect(throws: AuditError(.keyUnusable)) { try await standing.finishRootKey(now: { Self.end }) }
    #expect(try RootKeyReplacementTests.file(slow.directory).count == 64)
    try bring(from: directory, to: slow.directory)
    try await standing.finishRootKey(now: { Self.end })
    _ = try await standing.append(RootKeyReplacementTests.entry(600))
    let result = try RootKeyReplacementTests.verify(directory, under: RootKeyReplacementTests.file(directory))
    #expect(result.isIntact && result.opened == 202 && result.boundKeys == 201, "\(result.faults.prefix(3))")
    slow.link.end()
  }

  /// A process has looked at all data keys, and stands still before it says so.
  @Test(.timeLimit(.minutes(5))) func itIsSaidOnce() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    try await RootKeyReplacementTests.fill(trails[0], 1...10)
    try directories[0].data.prepareRootKey()
    try bring(from: directories[0], to: directories[1])
    _ = try await trails[0].replaceRootKey(RootKeyReplacementTests.deed)
    let finishing = Task {
      try await trails[0].finishRootKey(now: {
        trails[0].writer.suspend()
        return Self.end
      })
    }
    while trails[0].waitingCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
    _ = try await trails[1].append(RootKeyReplacementTests.entry(5))
    try await trails[1].finishRootKey(now: { Self.end })
    trails[0].writer.resume()
    await #expect(throws: AuditError(.rootKeyUnfinished)) { try await finishing.value }
    #expect(try steps(directories[0]) == ["begun", "done"])
    try await trails[0].finishRootKey(now: { Self.end })
    #expect(try RootKeyReplacementTests.file(directories[0]) == RootKeyReplacementTests.file(directories[1]))
  }

  /// A data key that opens under nothing keeps the old root key, and not what is to be wiped.
  @Test func whatOpensNowhereDoesNotPutOffTheWiping() async throws {
    let directory = try TemporaryDirectory(.postgreSQL)
    let filled = try AuditTrail(directory: directory.data)
    try await RootKeyReplacementTests.fill(filled, 1...5)
    try filled.close()
    try directory.tamper(
      "UPDATE subject_key SET wrapped = flip(wrapped, 30) WHERE id = (SELECT subject FROM record WHERE sequence = 2)")
    let trail = try AuditTrail(directory: directory.data)
    try await RootKeyReplacementTests.replace(directory, trail)
    // What another process erased and could not wipe.
    try directory.psql("INSERT INTO wiping VALUES (1) ON CONFLICT DO NOTHING")
    _ = try await trail.control()
    #expect(!trail.isWiped)
    await #expect(throws: AuditError(.keyChanged)) { try await trail.finishRootKey(now: { Self.end }) }
    #expect(try trail.isWiped && directory.psql("SELECT count(*) FROM wiping") == "0")
    #expect(try RootKeyReplacementTests.file(directory).count == 64 && steps(directory) == ["begun"])
  }

  /// Two begin at once: one of them does.
  @Test(.timeLimit(.minutes(5))) func oneIsBegunAtATime() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    try await RootKeyReplacementTests.fill(trails[0], 1...10)
    try directories[0].data.prepareRootKey()
    try bring(from: directories[0], to: directories[1])
    trails[1].writer.suspend()
    let second = Task { try await trails[1].replaceRootKey(RootKeyReplacementTests.deed) }
    while trails[1].waitingCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(try await !trails[1].isReplacingRootKey())
    _ = try await trails[0].replaceRootKey(RootKeyReplacementTests.deed)
    #expect(try await trails[1].isReplacingRootKey())
    trails[1].writer.resume()
    await #expect(throws: AuditError(.rootKeyUnfinished)) { try await second.value }
    #expect(try steps(directories[0]) == ["begun"])
    for trail in trails { try await trail.finishRootKey(now: { Self.end }) }
    #expect(try steps(directories[0]) == ["begun", "done"])
    #expect(try await !trails[1].isReplacingRootKey())
  }
}
