// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// What the trail does when the disk, another process or the power fails it.
@Suite struct FaultTests {
  @Test func aFullDiskRefusesAndLosesNothing() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    // The database may grow by a few pages only: SQLite then answers SQLITE_FULL, as it does when the disk is full.
    try await trail.database.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages + 8)")
    }
    var accepted: [Int64] = []
    var refusal: AuditError?
    while refusal == nil, accepted.count < 1000 {
      do { accepted.append(try await trail.append(fullEntry(accepted.count + 1))) } catch { refusal = error }
    }
    #expect(refusal == AuditError(.writeFailed, systemCode: 13))
    try await trail.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
    let next = try await trail.append(fullEntry(accepted.count + 1))
    #expect(next == Int64(accepted.count + 1), "a refused entry leaves no gap")
    try check(directory, holds: accepted + [next])
  }

  @Test func anUnusableDirectoryIsRefused() throws {
    let directory = TemporaryDirectory()
    try Data("a file".utf8).write(to: URL(filePath: directory.data.path))
    #expect(throws: AuditError(.directoryUnusable)) { try AuditTrail(directory: directory.data) }
  }

  @Test func aSecondWriterIsRefusedUntilTheFirstIsGone() throws {
    let directory = TemporaryDirectory()
    let first = try AuditTrail(directory: directory.data)
    #expect(throws: AuditError(.secondWriter)) { try AuditTrail(directory: directory.data) }
    try first.close()
    try AuditTrail(directory: directory.data).close()
  }

  @Test func anotherProcessIsRefusedToo() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let path = directory.data.path
    await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
      do {
        _ = try AuditTrail(directory: DataDirectory(path: path))
      } catch {
        exit(error as? AuditError == AuditError(.secondWriter) ? 7 : 1)
      }
      exit(0)
    }
    try trail.close()
  }

  @Test(arguments: ["pseudonym.key", "root.key", "checkpoint.key"])
  func aKeyThatOthersCanReadIsRefused(key: String) async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    try trail.close()
    let path = directory.data.path + "/" + key
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o600)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directory.data) }
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directory.data) }
  }

  @Test func aNewerTrailIsRefused() throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try trail.database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of a later version')") }
    try trail.close()
    #expect(throws: AuditError(.newerSchema)) { try AuditTrail(directory: directory.data) }
    #expect(throws: AuditError(.newerSchema)) { try AuditReader(directory: directory.data) }
  }

  @Test(arguments: TestStore.atHand) func aChangedRecordIsNamed(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number)) }
    try directory.tamper(
      """
      UPDATE payload SET bytes = (SELECT bytes FROM payload WHERE sequence = 1) WHERE sequence = 2;
      UPDATE record SET leaf = (SELECT leaf FROM record WHERE sequence = 1) WHERE sequence = 3
      """)
    let reader = try AuditReader(directory: directory.data)
    #expect(throws: Never.self) { try reader.record(1) }
    #expect(throws: AuditError(.damaged, sequence: 2)) { try reader.record(2) }
    #expect(throws: AuditError(.damaged, sequence: 3)) { try reader.list(limit: 5) }
  }

  /// A child process appends with many writers and is killed in the middle of it; every sequence number it was given before is
  /// in the trail, none is missing between, and the next start goes on.
  @Test(arguments: [1, 20, 150, 600])
  func aKilledProcessLosesNoCommittedEntry(afterAcknowledged limit: Int) async throws {
    let directory = TemporaryDirectory()
    let path = directory.data.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, limit = limit as Int] in
      let trail = try AuditTrail(directory: DataDirectory(path: path))
      _ = FileManager.default.createFile(atPath: path + "/acknowledged", contents: nil)
      let acknowledged = try FileHandle(forWritingTo: URL(filePath: path + "/acknowledged"))
      await withTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            for number in 0..<10_000 {
              guard let sequence = try? await trail.append(fullEntry(writer * 10_000 + number)) else { return }
              try? acknowledged.write(contentsOf: Data("\(sequence)\n".utf8))
              if sequence >= limit { kill(getpid(), SIGKILL) }
            }
          }
        }
      }
    }
    let acknowledged = try String(contentsOfFile: path + "/acknowledged", encoding: .utf8)
      .split(separator: "\n").compactMap { Int64($0) }
    #expect(acknowledged.contains { $0 >= limit })
    try check(directory, holds: acknowledged)
    let trail = try AuditTrail(directory: directory.data)
    let next = try await trail.append(fullEntry(0))
    #expect(next > acknowledged.max() ?? 0)
  }

  /// The trail has every sequence number from 1 to its last, all of `expected` among them, each readable, and SQLite finds no
  /// fault.
  func check(_ directory: TemporaryDirectory, holds expected: [Int64]) throws {
    let reader = try AuditReader(directory: directory.data)
    let sequences = try reader.list(limit: 1_000_000).map(\.sequence).sorted()
    #expect(sequences == Array(1...Int64(sequences.count)))
    #expect(Set(expected).isSubset(of: sequences))
    for sequence in sequences { _ = try reader.record(sequence) }
    let database = try DatabaseQueue(path: directory.data.trail)
    #expect(try database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
  }
}
