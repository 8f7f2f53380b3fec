// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// A PostgreSQL that is lost, hangs, or cannot take anything: what is answered then is true, and nobody waits for ever.
@Suite(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
struct LostConnectionTests {
  /// A trail behind a link that can be troubled, and another with a way of its own.
  private struct Trails {
    let directories: [TemporaryDirectory]
    let link: TroubledLink
    let trail: AuditTrail
    let other: AuditTrail

    /// - Parameter patience: how long the trail waits: so long that it is there in time whatever else the machine has to do.
    init(patience: Duration = .seconds(300)) throws {
      let direct = try TemporaryDirectory(.postgreSQL)
      other = try AuditTrail(directory: direct.data)
      link = try TroubledLink(to: TestStore.connection ?? "")
      let troubled = try direct.copy(patience: patience)
      try troubled.settings("host=127.0.0.1 port=\(link.port)")
      trail = try AuditTrail(directory: troubled.data)
      directories = [direct, troubled]
    }

    func end() throws {
      link.end()
      try other.close()
      try? trail.close()
    }

    /// How many answers there are that were heard, as another process sees it.
    func answered(by trail: AuditTrail) async throws -> Int {
      let records = try await trail.shown(after: 0, limit: 99)
      let unheard = Set(records.flatMap { UnansweredNote.records(in: $0.entry.note ?? "") })
      return records.count { $0.entry.kind == .answer && !unheard.contains($0.sequence) }
    }

    func isIntact() throws -> Bool {
      var anchors = TrailVerification.Anchors(log: try directories[0].data.loadLogKey())
      anchors.root = try directories[0].data.loadRootKey()
      return try TrailVerification(directories[0].data, against: anchors).isIntact
    }
  }

  private static let answerOfCommit = ["INSERT 0 1", "COMMIT"]

  /// The record is there, and so the answer is given.
  @Test func aCommitWhoseAnswerWasLostIsAskedFor() async throws {
    let trails = try Trails()
    trails.link.trouble = .losesAnswer(Self.answerOfCommit, then: .none)
    #expect(try await trails.trail.append(fullEntry(1)) == 1)
    #expect(trails.link.trouble == .none)
    #expect(try await trails.other.append(fullEntry(2)) == 2)
    #expect(try await trails.trail.append(fullEntry(1)) == 3)
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// The record is not there, and is put there.
  @Test func aCommitThatWasLostIsMadeAgain() async throws {
    let trails = try Trails()
    trails.link.trouble = .losesRequest(["INSERT INTO record"], then: .none)
    #expect(try await trails.trail.append(fullEntry(1)) == 1)
    #expect(trails.link.trouble == .none)
    #expect(try AuditReader(directory: trails.directories[0].data).list(limit: 9).count == 1)
    #expect(try await trails.trail.append(fullEntry(1)) == 2)
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// Nobody was shown what is on record, and everybody gets to know.
  @Test func whatCannotBeAskedForCountsAsShownWithNobody() async throws {
    let trails = try Trails()
    _ = try await trails.trail.append(fullEntry(9))
    trails.link.trouble = .losesAnswer(Self.answerOfCommit, then: .closed)
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.append(fullEntry(1)) }
    #expect(!trails.trail.isWritable)
    #expect(try await trails.other.shown(after: 1, limit: 9).map(\.sequence) == [2], "it is on record")
    trails.link.trouble = .none
    #expect(try await trails.other.shown(after: 1, limit: 9).map(trails.trail.isUnheard) == [true])
    await trails.trail.retry()
    #expect(trails.trail.isWritable)
    for trail in [trails.trail, trails.other] {
      let last = try #require(try await trail.shown(after: 2, limit: 9).first)
      #expect(last.entry.kind == .rejection && last.entry.status == 503)
      #expect(UnansweredNote.records(in: last.entry.note ?? "") == [2])
    }
    // The patient's key came with the record.
    #expect(try await trails.trail.append(fullEntry(1)) == 4)
    #expect(try await trails.trail.shown(after: 3, limit: 9).map(\.sequence) == [4])
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// It does not close its connections, and does not answer.
  @Test func aServerThatHangsIsGivenUp() async throws {
    let trails = try Trails(patience: .seconds(20))
    _ = try await trails.trail.append(fullEntry(1))
    trails.link.trouble = .silence
    let control = Task { try await trails.trail.control() }
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.append(fullEntry(1)) }
    await #expect(throws: AuditError(.storeUnreachable)) { try await control.value }
    #expect(!trails.trail.isWritable)
    await trails.trail.retry()
    #expect(!trails.trail.isWritable)
    trails.link.trouble = .none
    await trails.trail.retry()
    #expect(trails.trail.isWritable)
    #expect(try await trails.trail.append(fullEntry(1)) == 2)
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// It answers whatever it is asked in time, and yet too late for who waits for all of it: three times after three seconds.
  @Test(.timeLimit(.minutes(10))) func whoWaitsForACommitWaitsOnce() async throws {
    let trails = try Trails(patience: .seconds(8))
    // However slow the machine is.
    while (try? await trails.trail.append(fullEntry(1))) == nil { await trails.trail.retry() }
    let before = try await trails.answered(by: trails.other)
    trails.link.trouble = .slow
    // On a slow machine the server may have taken the session for idle before.
    await #expect {
      try await trails.trail.append(fullEntry(1))
    } throws: {
      [AuditError(.storeUnreachable), AuditError(.writeFailed)].contains($0 as? AuditError)
    }
    trails.link.trouble = .none
    repeat { await trails.trail.retry() } while !trails.trail.isWritable
    #expect(try await trails.answered(by: trails.other) == before)
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// Behind others nobody waits longer either, and PostgreSQL is there all the same.
  @Test(.timeLimit(.minutes(10))) func whoHasWaitedBehindOthersIsNotWrittenLater() async throws {
    let trails = try Trails(patience: .seconds(2))
    let gate = DispatchSemaphore(value: 0)
    trails.trail.writer.async { gate.wait() }
    let late = Task { try await trails.trail.append(fullEntry(1)) }
    try await Task.sleep(for: .seconds(3))
    while trails.trail.waitingCount == 0 { try await Task.sleep(for: .seconds(3)) }
    try await Task.sleep(for: .seconds(3))
    gate.signal()
    await #expect(throws: AuditError(.storeUnreachable)) { try await late.value }
    #expect(trails.trail.isWritable)
    #expect(try await trails.answered(by: trails.other) == 0)
    try trails.end()
  }

  /// But what a person does may be long: it waits for whatever is in front of it, and is done.
  @Test(.timeLimit(.minutes(10))) func aDeedThatHasWaitedBehindOthersIsDone() async throws {
    let trails = try Trails(patience: .seconds(2))
    while (try? await trails.trail.append(fullEntry(1))) == nil { await trails.trail.retry() }
    var hold = AuditEntry(time: fullEntry(1).time, kind: .hold)
    (hold.origin, hold.reason, hold.patient) = ("officer", "case", fullEntry(1).patient)
    let gate = DispatchSemaphore(value: 0)
    trails.trail.writer.async { gate.wait() }
    let asked = hold
    let late = Task { try await trails.trail.perform(asked) }
    while trails.trail.waitingCount == 0 { try await Task.sleep(for: .seconds(1)) }
    try await Task.sleep(for: .seconds(3))
    gate.signal()
    let sequence = try await late.value
    #expect(try AuditReader(directory: trails.trail.directory).find(one: sequence).entry.kind == .hold)
    try trails.end()
  }

  /// Where nobody was there, nobody is asked before `retry` has found somebody.
  @Test func whereNobodyWasThereNobodyWaits() async throws {
    let trails = try Trails()
    _ = try await trails.trail.append(fullEntry(1))
    trails.link.trouble = .closed
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.append(fullEntry(1)) }
    trails.link.trouble = .none
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.append(fullEntry(1)) }
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.shown(after: 0, limit: 9) }
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.control() }
    await trails.trail.retry()
    #expect(try await trails.trail.shown(after: 0, limit: 9).count == 1)
    _ = try await trails.trail.control()
    #expect(try await trails.trail.append(fullEntry(1)) == 2)
    // Nor where a reading found nobody.
    trails.link.trouble = .closed
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.shown(after: 0, limit: 9) }
    trails.link.trouble = .none
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.append(fullEntry(1)) }
    #expect(!trails.trail.isWritable)
    await trails.trail.retry()
    #expect(try await trails.trail.append(fullEntry(1)) == 3)
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// libpq itself would wait for it for ever, where it is told to.
  @Test(.timeLimit(.minutes(5))) func whoeverTakesAConnectionAndSaysNothingIsNotWaitedFor() async throws {
    let trails = try Trails(patience: .seconds(20))
    try trails.directories[1].settings("host=127.0.0.1 port=\(trails.link.port) connect_timeout=0")
    try trails.trail.close()
    let trail = try AuditTrail(directory: trails.directories[1].data)
    _ = try await trail.append(fullEntry(1))
    trails.link.trouble = .losesAnswer(Self.answerOfCommit, then: .silence)
    await #expect(throws: AuditError(.storeUnreachable)) { try await trail.append(fullEntry(1)) }
    trails.link.trouble = .none
    await trail.retry()
    #expect(try await trail.append(fullEntry(2)) == 4)
    #expect(try await trails.answered(by: trails.other) == 2)
    try trail.close()
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// The new key is in force, and in its place.
  @Test func aNewKeyOfTheLogOfWhichWasNotHeardIsInForce() async throws {
    let trails = try Trails()
    let deed = AuditTrail.Deed(user: "u", reason: "yearly", time: Instant(milliseconds: 1_800_000_000_000))
    _ = try await trails.trail.append(fullEntry(1))
    trails.link.trouble = .losesAnswer(Self.answerOfCommit, then: .none)
    let first = try await trails.trail.rotateCheckpointKey(deed)
    #expect(try first.sequence == 2 && trails.directories[1].data.loadCheckpointKey().key == first.key)
    #expect(try await trails.trail.append(fullEntry(1)) == 3)
    // Nor does it stay out of force where nobody could be asked.
    trails.link.trouble = .losesAnswer(Self.answerOfCommit, then: .closed)
    await #expect(throws: AuditError(.storeUnreachable)) { try await trails.trail.rotateCheckpointKey(deed) }
    trails.link.trouble = .none
    await trails.trail.retry()
    #expect(trails.trail.isWritable)
    #expect(try await trails.trail.append(fullEntry(1)) == 5)
    #expect(try trails.isIntact())
    try trails.end()
  }

  /// Whoever keeps the lock hangs: nobody waits behind those who waited for it in vain.
  @Test func aLockThatIsNotGivenBackIsNotWaitedForTwice() async throws {
    let trails = try Trails()
    _ = try await trails.trail.append(fullEntry(1))
    let holder = try trails.directories[0].session("BEGIN; SELECT pg_advisory_xact_lock('head'::regclass::oid::bigint)")
    let refused = await withTaskGroup(of: AuditError?.self) { group in
      for number in 0..<300 {
        group.addTask {
          do throws(AuditError) {
            _ = try await trails.trail.append(fullEntry(number % 7 + 1))
            return nil
          } catch {
            return error
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(refused.count == 300 && refused.allSatisfy { $0 == AuditError(.storeUnreachable) })
    try holder.input.fileHandleForWriting.close()
    holder.process.waitUntilExit()
    await trails.trail.retry()
    #expect(try await trails.trail.append(fullEntry(1)) == 2)
    try trails.end()
  }

  /// A transaction that writes nothing would come through.
  @Test func aTrailThatTakesNoRecordIsNotSaidToBeWritable() async throws {
    let trails = try Trails()
    let directory = trails.directories[0]
    try directory.psql("CREATE TRIGGER full_disk BEFORE INSERT ON record EXECUTE FUNCTION refuse_change()")
    await #expect(throws: AuditError(.writeFailed)) { try await trails.trail.append(fullEntry(1)) }
    await trails.trail.retry()
    #expect(!trails.trail.isWritable)
    try directory.psql("DROP TRIGGER full_disk ON record")
    await trails.trail.retry()
    #expect(trails.trail.isWritable)
    #expect(try await trails.trail.append(fullEntry(1)) == 1)
    #expect(try AuditReader(directory: directory.data).list(limit: 9).count == 1, "nothing stays of the trial")
    try trails.end()
  }

  @Test func whatATransactionIsHeldToIsItsOwn() throws {
    let trails = try Trails()
    func asked(_ database: any TrailDatabase) throws -> [String?] {
      try ["transaction_isolation", "idle_in_transaction_session_timeout"].map { setting in
        try database.query("SHOW \(setting)", []) { $0.text(0) }.first ?? nil
      }
    }
    try trails.directories[1].settings("options=-cdefault_transaction_isolation=serializable")
    #expect(try trails.trail.store.write(asked) == ["read committed", "5s"])
    #expect(try trails.directories[1].data.openForReading().read(asked) == ["repeatable read", "0"])
    try trails.end()
  }

  /// A standby, as the one that a balancer leads to.
  @Test func whatCannotBeWrittenToIsNotTheTrail() throws {
    let trails = try Trails()
    try trails.directories[1].settings("options=-cdefault_transaction_read_only=on")
    #expect(throws: AuditError(.storeUnreachable)) { try AuditTrail(directory: trails.directories[1].data) }
    try trails.end()
  }
}
