// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// An entry with every member set, told apart by `number`.
func fullEntry(_ number: Int, payloadBytes: Int = 300) -> AuditEntry {
  var entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_000 + Int64(number)), kind: .answer)
  entry.service = "patient-risk"
  entry.hook = "patient-view"
  entry.hookInstance = "instance-\(number)"
  entry.patient = [UInt8](repeating: UInt8(number % 7), count: 32)
  entry.status = 200
  entry.duration = 1234
  entry.instant = Instant(milliseconds: 1_700_000_000_000)
  entry.configuration = [UInt8](repeating: 9, count: 32)
  entry.models = [
    AuditEntry.Model(id: "prognosis", version: "1.0.0", digest: [1, 2]),
    AuditEntry.Model(id: "diagnosis", version: "", digest: []),
  ]
  entry.cards = [
    AuditEntry.Card(key: [1, 2, 3, UInt8(truncatingIfNeeded: number)], model: "prognosis", outcome: "death"),
    AuditEntry.Card(key: [4, 5, 6], model: "diagnosis", outcome: "sepsis", heldBack: "cool-down"),
  ]
  entry.client = "ehr"
  entry.token = "token-\(number)"
  entry.user = "Practitioner/\(number % 3)"
  entry.abstentions = [.init(model: "diagnosis", code: "too-early", outcomes: ["sepsis", "sirs"])]
  entry.reason = "X1"
  entry.count = 3
  entry.origin = "127.0.0.1"
  entry.note = "ü"
  entry.unit = "Location/icu"
  entry.payload = AuditPayload(
    request: Array("{\"n\":\(number)}".utf8) + [UInt8](repeating: 0x20, count: payloadBytes),
    requestMediaType: "application/json", features: Array("[]".utf8), outputs: [],
    response: Array("{\"cards\":[]}".utf8), responseMediaType: "application/json")
  return entry
}

@Suite struct AuditTrailTests {
  /// Trails that are kept must find their patients: the bytes were made by another program (Python's hmac).
  @Test func aPseudonymIsOfAClientsPatient() {
    let key = PseudonymKey(bytes: [UInt8](repeating: 7, count: 32))
    func starts(_ pseudonym: [UInt8], _ hexadecimal: String) -> Bool {
      AuditRecord.hexadecimal(pseudonym).hasPrefix(hexadecimal)
    }
    #expect(starts(key.patient("1"), "2f8dad4d59a15b24fdf2c1e91f7273e1"))
    #expect(starts(key.patient("1", of: "ehr"), "5343a834d79490e5c867641da826ed72"))
    #expect(starts(key.card("urn:uuid:4E0A"), "4f35a556dae735c62eff2b9ac417a3b7"))
    #expect(starts(key.card("4e0a", of: "ehr"), "6e8027c848ebcdefee8a9ae903cdecee"))
    #expect(key.patient("1", of: "") == key.patient("1"))
    #expect(key.patient("bc", of: "a") != key.patient("c", of: "ab"))
    #expect(key.patient("1", of: "2:1") != key.patient("2:11", of: "1"))
  }

  @Test(arguments: TestStore.atHand) func whatIsAppendedIsReadBack(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let plain = AuditEntry(time: Instant(milliseconds: -5), kind: .start)
    #expect(try await trail.append(plain) == 1)
    #expect(try await trail.append(fullEntry(2)) == 2)
    let reader = try AuditReader(directory: directory.data)
    let start = try reader.record(1).entry
    #expect(start.wrapVersion == 2, "what a start adds: in which form data keys lie from there on")
    #expect(start.time == plain.time && start.kind == plain.kind && start.note == nil)
    #expect(try reader.record(2).entry == fullEntry(2))
    #expect(try reader.record(2).commitment?.count == 32)
    #expect(throws: AuditError(.notFound, sequence: 3)) { try reader.record(3) }
  }

  @Test func everyCommitIsDurable() throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    #expect(try trail.database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
    #expect(try trail.database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
  }

  @Test(arguments: TestStore.atHand) func sequenceGoesOnAfterReopening(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let first = try AuditTrail(directory: directory.data)
    let pseudonym = first.pseudonyms.patient("p1")
    #expect(first.createdKeys.count == 3)
    _ = try await first.append(fullEntry(1))
    try first.close()
    await #expect(throws: AuditError(.closed)) { try await first.append(fullEntry(2)) }
    let second = try AuditTrail(directory: directory.data)
    #expect(second.createdKeys.isEmpty)
    #expect(second.pseudonyms.patient("p1") == pseudonym)
    #expect(second.pseudonyms.patient("p2") != pseudonym)
    #expect(try await second.append(fullEntry(2)) == 2)
  }

  @Test func entriesThatArriveTogetherShareCommits() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let commits = CommitCounter()
    trail.database.add(transactionObserver: commits)
    // The writer is held until all are waiting, so that the grouping does not depend on the machine's speed.
    let gate = DispatchSemaphore(value: 0)
    trail.writer.async { gate.wait() }
    let sequences = try await withThrowingTaskGroup(of: Int64.self) { group in
      for number in 0..<100 { group.addTask { try await trail.append(fullEntry(number)) } }
      while trail.waitingCount < 100 { await Task.yield() }
      gate.signal()
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sequences.sorted() == Array(1...100))
    #expect(commits.count == 1)
  }

  @Test(arguments: TestStore.atHand) func moreThanTheDiskCanTakeIsRefusedAtOnce(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let gate = DispatchSemaphore(value: 0)
    trail.writer.async { gate.wait() }
    let outcomes = await withTaskGroup(of: AuditError?.self) { group in
      for number in 0..<1100 {
        group.addTask {
          do throws(AuditError) {
            _ = try await trail.append(fullEntry(number, payloadBytes: 0))
            return nil
          } catch { return error }
        }
      }
      // 76 refusals come while the writer stands still; only then may it go on.
      var errors: [AuditError?] = []
      for await error in group {
        errors.append(error)
        if errors.count == 76 { gate.signal() }
      }
      return errors
    }
    #expect(outcomes.count { $0 == AuditError(.overloaded) } == 76)
    #expect(outcomes.count { $0 == nil } == 1024)
    #expect(try AuditReader(directory: directory.data).list(limit: 2000).count == 1024)
  }

  @Test(arguments: [
    "UPDATE record SET time = 0", "DELETE FROM record", "UPDATE payload SET bytes = x''", "DELETE FROM payload",
    "INSERT OR REPLACE INTO record (sequence, leaf, time, kind) VALUES (1, x'', 0, 'answer')",
    "INSERT OR REPLACE INTO payload (sequence, encoding, bytes) VALUES (1, 1, x'')",
  ])
  func nothingIsChangedOrDeleted(sql: String) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    #expect(throws: DatabaseError.self) { try trail.database.write { try $0.execute(sql: sql) } }
    #expect(try AuditReader(directory: directory.data).record(1).entry == fullEntry(1))
  }

  @Test(arguments: TestStore.atHand) func listsByFilterAndPage(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...20 { _ = try await trail.append(fullEntry(number)) }
    _ = try await trail.append(AuditEntry(time: Instant(milliseconds: 1_800_000_000_000), kind: .stop))
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.list(limit: 3).map(\.sequence) == [21, 20, 19])
    var filter = AuditReader.Filter()
    filter.before = 19
    #expect(try reader.list(filter, limit: 2).map(\.sequence) == [18, 17])
    filter = AuditReader.Filter()
    filter.patient = [UInt8](repeating: 3, count: 32)
    #expect(try reader.list(filter, limit: 100).map(\.sequence) == [17, 10, 3])
    filter = AuditReader.Filter()
    filter.hookInstance = "instance-7"
    #expect(try reader.list(filter, limit: 100).map(\.sequence) == [7])
    filter = AuditReader.Filter()
    filter.kind = .stop
    #expect(try reader.list(filter, limit: 100).map(\.sequence) == [21])
    filter = AuditReader.Filter()
    filter.since = Instant(milliseconds: 1_700_000_000_020)
    filter.service = "patient-risk"
    #expect(try reader.list(filter, limit: 100).map(\.sequence) == [20])
    #expect(try reader.answers(after: 18, limit: 5).map(\.entry) == [fullEntry(19), fullEntry(20)])
  }
}

/// Counts the commits of one connection.
final class CommitCounter: TransactionObserver, @unchecked Sendable {
  private let lock = NSLock()
  private var commits = 0
  var count: Int { lock.withLock { commits } }

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
  func databaseDidChange(with event: DatabaseEvent) {}
  func databaseDidCommit(_ database: Database) { lock.withLock { commits += 1 } }
  func databaseDidRollback(_ database: Database) {}
}
