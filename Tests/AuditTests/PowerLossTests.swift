// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import TestSupport
import Testing

/// The power goes at any moment: what was not synced is lost in part, in any order, torn at any sector (the method of SQLite's own
/// crash tests, sqlite.org/testing.html#crash_testing). Then the trail opens, verifies and has every record that was acknowledged.
///
/// `VIGIL_POWERLOSS_SEEDS=10000` tries so many; a hundred otherwise.
@Suite(.serialized) struct PowerLossTests {
  private static let seeds = ProcessInfo.processInfo.environment["VIGIL_POWERLOSS_SEEDS"].flatMap(Int.init) ?? 100

  /// A folder with keys alone.
  private func folderWithKeys() throws -> TemporaryDirectory {
    let directory = TemporaryDirectory()
    try AuditTrail(directory: directory.data).close()
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.data.path)
    where RecordedDisk.isDatabase(name) || name.hasSuffix("-shm") {
      try FileManager.default.removeItem(atPath: directory.data.path + "/" + name)
    }
    return directory
  }

  /// A life of a trail, from no file: answers alone and together, a hold, an erasure with its emptied log, a stop and a start,
  /// and checkpoints all the while.
  private func recordedLife(in directory: TemporaryDirectory) async throws -> RecordedDisk {
    try await RecordedDisk.record(directory.data.path) {
      for turn in 0..<2 {
        let trail = try AuditTrail(directory: directory.data)
        try await trail.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 24") }
        for number in 1...12 {
          let size = number % 5 == 0 ? 9000 : 300
          RecordedDisk.acknowledge(try await trail.append(fullEntry(number, payloadBytes: size)))
        }
        try await withThrowingTaskGroup(of: Int64.self) { group in
          for number in 1...24 { group.addTask { try await trail.append(fullEntry(number)) } }
          // All are on the disk when the last has come back.
          RecordedDisk.acknowledge(try await group.reduce(0) { max($0, $1) })
        }
        let patient = fullEntry(turn + 1).patient ?? []
        RecordedDisk.acknowledge(try await trail.hold(patient, ErasureTests.deed))
        RecordedDisk.acknowledge(try await trail.done(.release, to: patient))
        RecordedDisk.acknowledge(try await trail.done(.erasure, to: patient))
        for number in 1...6 { RecordedDisk.acknowledge(try await trail.append(fullEntry(number))) }
        try trail.close()
      }
    }
  }

  private func make(_ files: [String: [UInt8]], withKeysOf source: TemporaryDirectory) throws -> TemporaryDirectory {
    let directory = TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory.data.path, withIntermediateDirectories: true)
    for name in ["pseudonym.key", "root.key", "checkpoint.key", "log.vkey"] {
      try FileManager.default.copyItem(
        atPath: source.data.path + "/" + name, toPath: directory.data.path + "/" + name)
    }
    for (name, bytes) in files { try Data(bytes).write(to: URL(filePath: directory.data.path + "/" + name)) }
    return directory
  }

  /// The trail opens, takes a record, verifies, and has what was acknowledged.
  private func check(_ directory: TemporaryDirectory, holds acknowledged: Int64, _ name: Comment) async throws {
    let trail = try AuditTrail(directory: directory.data)
    let next = try await trail.append(fullEntry(1))
    #expect(next > acknowledged, name)
    try trail.close()
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.root = try directory.data.loadRootKey()
    let result = try TrailVerification(directory.data, against: anchors)
    #expect(result.faults.filter(\.code.isFault) == [] && result.records == next, name)
    let database = try DatabaseQueue(path: directory.data.trail)
    let integrity = try await database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
    #expect(integrity == ["ok"], name)
  }

  @Test func whatWasAcknowledgedSurvives() async throws {
    let source = try folderWithKeys()
    let life = try await recordedLife(in: source)
    #expect(life.steps.count > 500)
    var acknowledged: Set<Int64> = []
    for seed in 0..<Self.seeds {
      var random = SplitMix64(seed: UInt64(seed))
      let moment = Int.random(in: 0...life.steps.count, using: &random)
      let lost = life.files(afterLossAt: moment, &random)
      acknowledged.insert(lost.acknowledged)
      try await check(try make(lost.files, withKeysOf: source), holds: lost.acknowledged, "seed \(seed)")
    }
    // The cases were cases: losses at the beginning, at the end, and between.
    #expect(acknowledged.contains(0) && acknowledged.count > min(Self.seeds, 100) / 8)
  }

  /// The power comes back and goes again while the trail is being recovered.
  @Test func aSecondLossDuringTheRecoveryIsNoWorse() async throws {
    let source = try folderWithKeys()
    let life = try await recordedLife(in: source)
    for seed in 0..<(Self.seeds / 4) {
      var random = SplitMix64(seed: UInt64(seed) << 32)
      let lost = life.files(afterLossAt: Int.random(in: 0...life.steps.count, using: &random), &random)
      let first = try make(lost.files, withKeysOf: source)
      let recovery = try await RecordedDisk.record(first.data.path) {
        let trail = try AuditTrail(directory: first.data)
        _ = try await trail.append(fullEntry(2))
        try trail.close()
      }
      let again = recovery.files(afterLossAt: Int.random(in: 0...recovery.steps.count, using: &random), &random)
      try await check(try make(again.files, withKeysOf: source), holds: lost.acknowledged, "seed \(seed)")
    }
  }

  /// The model is worth something: a trail that did not wait for the disk would be caught.
  @Test func withoutSyncsRecordsAreLost() async throws {
    let source = try folderWithKeys()
    let life = try await RecordedDisk.record(source.data.path) {
      let trail = try AuditTrail(directory: source.data)
      try await trail.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
      for number in 1...20 { RecordedDisk.acknowledge(try await trail.append(fullEntry(number))) }
      try trail.close()
    }
    var losses = 0
    for seed in 0..<40 {
      var random = SplitMix64(seed: UInt64(seed))
      let lost = life.files(afterLossAt: Int.random(in: 0...life.steps.count, using: &random), &random)
      let directory = try make(lost.files, withKeysOf: source)
      let records = try? await { () async throws -> Int64 in
        let trail = try AuditTrail(directory: directory.data)
        defer { try? trail.close() }
        return try await trail.append(fullEntry(1)) - 1
      }()
      if records ?? -1 < lost.acknowledged { losses += 1 }
    }
    #expect(losses > 5)
  }
}
