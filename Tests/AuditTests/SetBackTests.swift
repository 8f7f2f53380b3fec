// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// A database that is set back under processes that write to it (a standby that lagged, a backup) is noticed by those that know more than
/// it does, and nothing is signed on it.
@Suite(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
struct SetBackTests {
  private static let tables = [
    "record", "payload", "tile", "checkpoint", "head", "subject_key", "hold", "posting", "block",
  ]
  private static let deed = AuditTrail.Deed(user: "u", reason: "r", time: Instant(milliseconds: 1_800_000_000_000))

  private func save(_ directory: TemporaryDirectory) throws {
    try directory.psql(Self.tables.map { "CREATE TABLE saved_\($0) AS TABLE \($0)" }.joined(separator: ";"))
  }

  /// With the numbers that were given to data keys, as a backup has them.
  private func setBack(_ directory: TemporaryDirectory, key: Int = 1) throws {
    let sql =
      Self.tables.reversed().map { "TRUNCATE \($0) CASCADE" }
      + Self.tables.map { "INSERT INTO \($0) TABLE saved_\($0)" }
    try directory.psql(
      "SET session_replication_role = replica; \(sql.joined(separator: ";")); ALTER SEQUENCE subject_key_number RESTART WITH \(key)"
    )
  }

  @Test func aShorterTrailIsNotGoneOnWith() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    _ = try await trails[0].append(fullEntry(1))
    try save(directories[0])
    _ = try await trails[0].append(fullEntry(2))
    try setBack(directories[0], key: 65)
    await #expect(throws: AuditError(.setBack)) { try await trails[0].control() }
    #expect(!trails[0].isWritable)
    await #expect(throws: AuditError(.setBack)) { try await trails[0].append(fullEntry(3)) }
    // Nor does a deed, which may be refused for reasons of its own, make it writable.
    await #expect(throws: AuditError(.setBack)) {
      try await trails[0].hold(fullEntry(1).patient ?? [], Self.deed)
    }
    #expect(!trails[0].isWritable)
    await trails[0].retry()
    #expect(!trails[0].isWritable)
    #expect(try AuditReader(directory: directories[0].data).list(limit: 9).count == 1)

    // Another that knows no more than is there goes on; so the first sees a trail of the same length, and then a longer one.
    for size in 2...3 as ClosedRange<Int64> {
      #expect(try await trails[1].append(fullEntry(Int(size) + 10)) == size)
      await #expect(throws: AuditError(.setBack)) { try await trails[0].append(fullEntry(3)) }
    }
    await trails[0].retry()
    #expect(!trails[0].isWritable)
    // Whoever looks into it starts it anew.
    let again = try AuditTrail(directory: directories[0].data)
    #expect(try await again.append(fullEntry(3)) == 4)
    #expect(try TrailVerification(directories[0].data, against: .init(log: again.logKey)).isIntact)
  }

  /// The key was read of a trail that was longer than what this process wrote itself.
  @Test func aKeyThatIsNotThereAnyMoreIsNotUsed() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    _ = try await trails[0].append(fullEntry(1))
    try save(directories[0])
    _ = try await trails[0].append(fullEntry(2))
    // Reads the patient's key, and commits nothing.
    await #expect(throws: AuditError(.held)) {
      try await trails[1].append(fullEntry(2)) { _, _ in throw AuditError(.held) }
    }
    try setBack(directories[0], key: 65)
    await #expect(throws: AuditError(.setBack)) { try await trails[1].append(fullEntry(2)) }
    #expect(try AuditReader(directory: directories[0].data).list(limit: 9).count == 1)
  }

  /// Two processes have the same number for the keys of two patients.
  @Test func aNumberThatWasGivenTwiceIsOneKeys() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    defer { withExtendedLifetime(directories) {} }
    _ = try await trails[0].append(fullEntry(1))
    try directories[0].psql("ALTER SEQUENCE subject_key_number RESTART WITH 1")
    await #expect(throws: AuditError(.writeFailed, systemCode: 23505)) { try await trails[1].append(fullEntry(2)) }
    #expect(try await trails[1].append(fullEntry(2)) == 2)
    let reader = try AuditReader(directory: directories[0].data)
    #expect(try reader.record(1).entry == fullEntry(1) && reader.record(2).entry == fullEntry(2))
  }

  /// A replacement of the root key that is under way puts nothing more under a key of which no record is there.
  @Test func aReplacementOfTheRootKeyEndsThere() async throws {
    let directory = try TemporaryDirectory(.postgreSQL)
    let trail = try AuditTrail(directory: directory.data)
    try await RootKeyReplacementTests.fill(trail, 1...200)
    try save(directory)
    let before = try RootKeyReplacementTests.wrapped(trail.store)
    try await RootKeyReplacementTests.replace(directory, trail)
    await #expect(throws: AuditError(.setBack)) {
      try await trail.finishRootKey(now: { RootKeyReplacementTests.end }) { last, end in
        if last < end { try? setBack(directory) }
      }
    }
    #expect(try RootKeyReplacementTests.wrapped(trail.store) == before)
    // Nor does it remember one.
    #expect(try await !trail.isReplacingRootKey())
  }
}
