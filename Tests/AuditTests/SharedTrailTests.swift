// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// A trail that several processes write: one tree, and nobody acts on what another has made untrue. Here a process is an `AuditTrail`
/// with a folder of its own; `Tests/EndToEnd/cluster.sh` has real ones, and kills them.
@Suite(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
struct SharedTrailTests {
  private static let deed = AuditTrail.Deed(user: "u", reason: "r", time: Instant(milliseconds: 1_800_000_000_000))

  private func verify(_ directory: TemporaryDirectory) throws -> TrailVerification {
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.root = try directory.data.loadRootKey()
    return try TrailVerification(directory.data, against: anchors)
  }

  @Test func bothWriteOneTree() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (start, trail) in zip([1, 4201], trails) {
        group.addTask {
          try await appendTogether(start...(start + 4199), to: trail) { number in
            var entry = fullEntry(number, payloadBytes: 0)
            if number % 50 != 0 { entry.payload = nil }
            return entry
          }
        }
      }
      try await group.waitForAll()
    }
    let result = try verify(directories[1])
    #expect(result.isIntact, "\(result.faults.prefix(3))")
    #expect(result.records == 8400 && result.payloads == 168 && result.opened == 168)
    let reader = try AuditReader(directory: directories[0].data)
    #expect(Set(try reader.list(limit: 9000).map(\.entry.hookInstance)).count == 8400)
    // Over two whole blocks and the unfinished one, whoever wrote them.
    var search = AuditReader.Search()
    search.filter.hookInstance = "instance-4500"
    #expect(try reader.find(search, limit: 9).count == 1)
    search.filter.hookInstance = nil
    search.filter.patient = fullEntry(3).patient
    #expect(try reader.find(search, limit: 9000).count == 1200)
    for sequence in [1, 4096, 4097, 8400] as [Int64] {
      #expect(try reader.proof(of: sequence).record(log: directories[0].data.loadLogKey()).sequence == sequence)
    }
  }

  @Test func aCardIsKnownToTheOther() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    var entry = fullEntry(1)
    entry.cards[0].key = [7, 7]
    #expect(try await trails[1].lastAnswer(showing: [7, 7]) == nil)
    _ = try await trails[0].append(entry)
    #expect(try await trails[1].lastAnswer(showing: [7, 7])?.sequence == 1)
    #expect(try await trails[1].shown(after: 0, limit: 9).map(\.sequence) == [1])
    #expect(try await trails[1].shown(after: 1, limit: 9) == [])
    _ = try await trails[1].append(fullEntry(2))
    #expect(try await trails[0].append(entry) == 3)
    #expect(try await trails[1].lastAnswer(showing: [7, 7])?.sequence == 3)
  }

  /// The one has the key in its memory that the other destroys.
  @Test func nothingIsSealedUnderAKeyThatTheOtherDestroyed() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    let patient = fullEntry(3).patient ?? []
    _ = try await trails[0].append(fullEntry(3))
    _ = try await trails[1].append(fullEntry(3))
    #expect(try await trails[0].done(.erasure, to: patient) == 4)
    #expect(try await trails[1].append(fullEntry(3)) == 5)
    let result = try verify(directories[0])
    #expect(result.isIntact && result.erased == 2 && result.opened == 1, "\(result.faults)")
    #expect(try AuditReader(directory: directories[0].data).record(5).entry == fullEntry(3))
    _ = try await trails[1].hold(patient, Self.deed)
    await #expect(throws: AuditError(.held)) { try await trails[0].done(.erasure, to: patient) }
  }

  /// Both meet a patient at the same moment, and each gives them a data key: the one holds and the other releases.
  @Test func aHoldIsReleasedUnderTheOthersKey() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    let patient = fullEntry(3).patient ?? []
    // The key is made, and not stored yet.
    await #expect(throws: AuditError(.held)) {
      try await trails[1].append(fullEntry(3)) { _, _ in throw AuditError(.held) }
    }
    _ = try await trails[0].append(fullEntry(3))
    _ = try await trails[0].hold(patient, Self.deed)
    _ = try await trails[1].append(fullEntry(3))
    let living = "SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL"
    #expect(try directories[0].psql(living) == "2")
    _ = try await trails[1].done(.release, to: patient)
    #expect(try verify(directories[0]).isIntact)
    _ = try await trails[0].done(.erasure, to: patient)
    #expect(try verify(directories[0]).isIntact && directories[0].psql(living) == "0")
  }

  @Test func newPatientsOfBothHaveKeysOfTheirOwn() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, trail) in trails.enumerated() {
        group.addTask {
          try await appendTogether(1...150, to: trail) { patient in
            var entry = fullEntry(patient)
            // Half of them the other's too.
            entry.patient = [UInt8](repeating: UInt8(patient), count: 31) + [patient % 2 == 0 ? 9 : UInt8(number)]
            return entry
          }
        }
      }
      try await group.waitForAll()
    }
    let result = try verify(directories[0])
    #expect(result.isIntact && result.opened == 300, "\(result.faults.prefix(3))")
    let reader = try AuditReader(directory: directories[1].data)
    var filter = AuditReader.Filter()
    for patient in 1...150 {
      filter.patient = [UInt8](repeating: UInt8(patient), count: 31) + [patient % 2 == 0 ? 9 : 0]
      #expect(try reader.list(filter, limit: 9).count == (patient % 2 == 0 ? 2 : 1))
    }
  }

  @Test func aNewKeyOfTheLogIsWaitedFor() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    _ = try await trails[1].append(fullEntry(1))
    _ = try await trails[0].rotateCheckpointKey(Self.deed)
    await #expect(throws: AuditError(.keyUnusable, sequence: 2)) { try await trails[1].append(fullEntry(2)) }
    #expect(!trails[1].isWritable)
    // The site copies the file; the process finds it by itself.
    let key = try #require(FileManager.default.contents(atPath: directories[0].data.checkpointKey))
    try directories[1].data.write(Array(key), to: directories[1].data.checkpointKey)
    #expect(try await trails[1].append(fullEntry(3)) == 3)
    #expect(try await trails[0].append(fullEntry(4)) == 4)
    #expect(try verify(directories[0]).isIntact)
  }

  @Test(arguments: ["pseudonym.key", "root.key", "checkpoint.key"])
  func aProcessWithOtherKeysDoesNotStart(_ name: String) throws {
    let (directories, _) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    let stranger = try directories[0].copy()
    try FileManager.default.removeItem(atPath: stranger.data.path + "/" + name)
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: stranger.data) }
    let other = TemporaryDirectory()
    _ = try AuditTrail(directory: other.data)
    try? FileManager.default.removeItem(atPath: stranger.data.path + "/" + name)
    try FileManager.default.copyItem(atPath: other.data.path + "/" + name, toPath: stranger.data.path + "/" + name)
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: stranger.data) }
  }

  @Test func theOperatorsWordIsOne() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    #expect(try await trails[0].control() == nil)
    try SharedControl.change(in: directories[0].data) { ($0 ?? []) + [1] }
    try SharedControl.change(in: directories[1].data) { ($0 ?? []) + [2] }
    #expect(try await trails[0].control() == [1, 2])
    #expect(try SharedControl.read(in: directories[1].data) == [1, 2])
  }

  /// Whoever has the database's password, the technology changes nothing.
  @Test(arguments: [
    "UPDATE record SET time = 0", "DELETE FROM record", "TRUNCATE record CASCADE", "UPDATE payload SET bytes = ''",
    "DELETE FROM payload", "DELETE FROM tile", "UPDATE tile SET hashes = 'x'", "DELETE FROM subject_key",
    "UPDATE subject_key SET pseudonym = 'x'",
    "UPDATE checkpoint SET note = ''", "DELETE FROM hold", "DELETE FROM block", "UPDATE posting SET entries = ''",
  ])
  func nothingIsChangedOrDeleted(_ sql: String) async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    _ = try await trails[0].append(fullEntry(1))
    #expect(throws: (any Error).self) { try directories[0].psql(sql) }
    #expect(try AuditReader(directory: directories[0].data).record(1).entry == fullEntry(1))
  }

  @Test(arguments: [
    ("UPDATE record SET status = 500 WHERE sequence = 2", TrailFault.Code.columnsDiffer, 2),
    ("DELETE FROM payload WHERE sequence = 3; DELETE FROM record WHERE sequence = 3", .recordMissing, 3),
    ("UPDATE payload SET bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1) WHERE sequence = 4", .payloadChanged, 4),
    ("UPDATE record SET leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1) WHERE sequence = 2", .leafChanged, 2),
  ])
  func tamperingIsFoundAndLocated(_ sql: String, _ code: TrailFault.Code, _ sequence: Int64) async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    for number in 1...5 { _ = try await trails[number % 2].append(fullEntry(number)) }
    try directories[0].psql("SET session_replication_role = replica; \(sql)")
    let faults = try verify(directories[0]).faults
    #expect(faults.contains { $0.code == code && $0.sequence == sequence }, "\(faults)")
  }

  /// Every session is cut off by the server while nothing is under way: nobody notices.
  @Test func sessionsThatAreCutOffAreOpenedAnew() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    _ = try await trails[0].append(fullEntry(1))
    _ = try await trails[1].append(fullEntry(2))
    try directories[0].psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = current_schema()")
    for (trail, sequence) in zip(trails, [3, 4] as [Int64]) {
      #expect(try await trail.append(fullEntry(3)) == sequence)
    }
    #expect(try await trails[0].lastAnswer(showing: fullEntry(3).cards[0].key)?.sequence == 4)
    #expect(try verify(directories[0]).isIntact)
  }

  /// The tables of before what is to be wiped was kept in one.
  @Test func aTrailOfAnEarlierVersionIsBroughtUpToDate() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    _ = try await trails[0].append(fullEntry(2))
    for trail in trails { try trail.close() }
    try directories[0].psql(
      """
      DROP FUNCTION wiping_is_due, keep_patient CASCADE; DROP TABLE wiping, feed;
      DELETE FROM migration WHERE name <> 'a trail for several processes'
      """)
    #expect(throws: AuditError(.olderSchema)) { try AuditReader(directory: directories[0].data) }
    let trail = try AuditTrail(directory: directories[0].data)
    #expect(try await trail.done(.erasure, to: fullEntry(2).patient ?? []) == 3)
    #expect(try trail.isWiped && verify(directories[0]).isIntact)
  }

  @Test func aTrailOfALaterVersionIsRefused() throws {
    let (directories, _) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    try directories[0].psql("INSERT INTO migration VALUES ('of a later version')")
    #expect(throws: AuditError(.newerSchema)) { try AuditTrail(directory: directories[0].data) }
    #expect(throws: AuditError(.newerSchema)) { try AuditReader(directory: directories[0].data) }
  }

  /// The list of migrations says of which version the trail is. One that was edited keeps nobody from looking, and is found.
  @Test(
    arguments: [
      ("INSERT INTO migration VALUES ('another')", AuditError.Code.newerSchema),
      ("DELETE FROM migration WHERE name = 'what is to be wiped'", .tablesChanged),
      ("DELETE FROM migration WHERE name < 'd'", .tablesChanged),
      (
        """
        DELETE FROM migration WHERE name IN
          ('payloads compressed by Zstandard', 'root keys that are replaced', 'records that are amended', 'legal holds by case')
        """, nil
      ),
      ("DELETE FROM migration", .readFailed), ("DROP TABLE migration", .readFailed),
    ] as [(String, AuditError.Code?)])
  func anEditedListOfMigrationsIsFound(_ sql: String, _ refusal: AuditError.Code?) async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    _ = try await trails[0].append(fullEntry(1))
    for trail in trails { try trail.close() }
    let directory = directories[0]
    #expect(try verify(directory).faults == [])
    try directory.psql(sql)
    #expect(try verify(directory).faults == [TrailFault(.tablesChanged)])
    switch refusal {
    // What is brought up to date by it changes no table.
    case nil: try AuditTrail(directory: directory.data).close()
    // PostgreSQL says that there is such a table.
    case .readFailed?: #expect(throws: AuditError.self) { try AuditTrail(directory: directory.data) }
    case let code?: #expect(throws: AuditError(code)) { try AuditTrail(directory: directory.data) }
    }
    if refusal == nil { #expect(try verify(directory).faults == []) }
  }

  /// Tables that this program does not know may be a newer version's.
  @Test func aLaterTrailIsNotVerified() async throws {
    let (directories, _) = try TemporaryDirectory.processes()
    try directories[0].psql("INSERT INTO migration VALUES ('another'); CREATE TABLE another (id BIGINT)")
    #expect(throws: AuditError(.newerSchema)) { try verify(directories[0]) }
  }
}
