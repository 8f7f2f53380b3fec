// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// A trail that is as it was written is intact; every way of tampering with it is found, and where.
@Suite struct TrailVerificationTests {
  /// 600 answers for seven patients, a hold, its release by two people and another, made once in each store: every test works on a trail of its own.
  private static let originals = Dictionary(
    uniqueKeysWithValues: TestStore.atHand.map { store in (store, Task { try await make(in: store) }) })

  private static func make(in store: TestStore) async throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    // One after the other, so that each number is the entry's own.
    for number in 1...600 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let patient = fullEntry(1).patient ?? []
    let deed = AuditTrail.Deed(user: "u", reason: "case", time: Instant(milliseconds: 1_800_000_000_000))
    _ = try await trail.hold(patient, deed)
    _ = try await trail.done(.release, to: patient)
    _ = try await trail.hold(patient, deed)
    try trail.close()
    return directory
  }

  private func copy(in store: TestStore = .sqlite) async throws -> TemporaryDirectory {
    try await #require(Self.originals[store]).value.duplicate()
  }

  private func verify(
    _ directory: TemporaryDirectory, checkpoints: [SignedNote] = []
  ) throws -> TrailVerification {
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.checkpoints = checkpoints
    anchors.root = try directory.data.loadRootKey()
    return try TrailVerification(directory.data, against: anchors)
  }

  @Test(arguments: TestStore.atHand) func anUntouchedTrailIsIntact(_ store: TestStore) async throws {
    let result = try verify(try await copy(in: store))
    #expect(result.faults == [])
    #expect(result.records == 604 && result.payloads == 600 && result.opened == 600)
    #expect(result.checkpoints == 4, "at nothing, 256, 512 and the head")
  }

  @Test(arguments: tamperings, TestStore.atHand)
  func tamperingIsFoundAndLocated(_ tampering: Tampering, _ store: TestStore) async throws {
    let directory = try await copy(in: store)
    try directory.tamper(tampering.sql)
    let result = try verify(directory)
    let first = try #require(result.faults.first { $0.code.isFault })
    #expect(first.sequence == tampering.sequence, "\(result.faults)")
    #expect(
      result.faults.contains { $0.code == tampering.code && $0.sequence == tampering.sequence }, "\(result.faults)")
  }

  /// Whoever names a witness wants its word: a trail from which it was taken, or of before it was given, has none.
  @Test(arguments: TestStore.atHand) func aWitnessThatIsNamedMustHaveSigned(_ store: TestStore) async throws {
    let directory = try await copy(in: store)
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.witnesses = [anchors.log]
    #expect(try TrailVerification(directory.data, against: anchors).faults == [TrailFault(.cosignatureMissing)])
  }

  /// One fault of a key is one fault, however many records lie under it.
  @Test(arguments: TestStore.atHand) func aChangedKeyIsOneFault(_ store: TestStore) async throws {
    let directory = try await copy(in: store)
    let before = try verify(directory)
    #expect(before.boundKeys == 7)
    try directory.tamper("UPDATE subject_key SET pseudonym = x'\(String(repeating: "00", count: 32))' WHERE id = 2")
    let result = try verify(directory)
    #expect(result.faults == [TrailFault(.keyChanged, 2)] && result.boundKeys == 6)
    #expect(result.payloads == 600 && result.opened == before.opened - 86)
    // Without the root key nobody can say so, nor that any is bound.
    let blind = try TrailVerification(directory.data, against: .init(log: try directory.data.loadLogKey()))
    #expect(blind.isIntact && blind.boundKeys == 0 && blind.opened == 0)
  }

  /// Of patients with one record each in the unfinished block no other record tells that they were exchanged.
  @Test(arguments: TestStore.atHand) func recordsOfPatientsWithOneRecordEachAreTheirs(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number)) }
    var reading = AuditEntry(time: Instant(milliseconds: 1_800_000_000_000), kind: .hold)
    for patient in [UInt8(40), 41] {
      reading.patient = [UInt8](repeating: patient, count: 32)
      _ = try await trail.append(reading) { database, sequence in
        try database.execute(
          "INSERT INTO hold (pseudonym, sequence) VALUES (?, ?)",
          [.bytes([UInt8](repeating: patient, count: 32)), .number(sequence)])
      }
    }
    try trail.close()
    #expect(try verify(directory).isIntact)
    try directory.tamper("UPDATE record SET subject = 9 - subject WHERE sequence IN (4, 5)")
    #expect(try verify(directory).faults.first == TrailFault(.columnsDiffer, 4))
  }

  /// However many keys are lost: each is looked for once, and no more faults are listed than say something new.
  @Test(arguments: TestStore.atHand) func noNumberOfFaultsGrowsWithoutBound(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...1200, to: trail) { number in
      var entry = fullEntry(Int(number), payloadBytes: 0)
      entry.patient = [UInt8](repeating: 0, count: 28) + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      return entry
    }
    try trail.close()
    try directory.tamper("UPDATE subject_key SET wrapped = NULL, pseudonym = NULL")
    let faults = try verify(directory).faults.filter(\.code.isFault)
    #expect(faults.count == TrailVerification.mostFaults && faults.allSatisfy { $0.code == .keyLost })
    #expect(faults.map(\.sequence) == (1...1000).map { Int64($0) })
  }

  /// What was found before a page that cannot be read is found.
  @Test func whatWasFoundBeforeADamagedPageIsNamed() async throws {
    let directory = try await copy()
    try directory.tamper("UPDATE record SET status = 500 WHERE sequence = 17")
    let database = try DatabaseQueue(path: directory.data.trail)
    let size = try #require(try await database.read { try Int.fetchOne($0, sql: "PRAGMA page_size") })
    try database.close()
    let file = try FileHandle(forUpdating: URL(filePath: directory.data.trail))
    let bytes = try #require(try file.readToEnd())
    // The page on which a late record lies, and not the first of its table.
    let place = try #require(bytes.range(of: Data("instance-580".utf8))).lowerBound
    try file.seek(toOffset: UInt64(place / size * size))
    try file.write(contentsOf: Data(repeating: 0xFF, count: 64))
    try file.close()
    let faults = try verify(directory).faults
    #expect(faults.first == TrailFault(.columnsDiffer, 17), "\(faults)")
    #expect(faults.contains(TrailFault(.databaseDamaged)))
  }

  /// Out of an old copy a destroyed key comes back, and a record is put under it.
  @Test(arguments: TestStore.atHand) func aKeyThatComesBackIsFound(_ store: TestStore) async throws {
    let directory = try await copy(in: store)
    let patient = fullEntry(2).patient ?? []
    let trail = try AuditTrail(directory: directory.data)
    let found = try trail.store.read { database in
      try database.query("SELECT id, wrapped FROM subject_key WHERE pseudonym = ?", [.bytes(patient)]) {
        (id: $0.number(0) ?? 0, wrapped: AuditRecord.hexadecimal($0.bytes(1) ?? []))
      }
    }
    let key = try #require(found.first)
    let erasure = try await trail.done(.erasure, to: patient)
    let next = try await trail.append(fullEntry(2))
    try trail.close()
    #expect(try verify(directory).isIntact)
    try directory.tamper("UPDATE subject_key SET wrapped = x'\(key.wrapped)' WHERE id = \(key.id)")
    #expect(try verify(directory).faults.filter(\.code.isFault) == [TrailFault(.keyReturned, erasure)])
    try directory.tamper("UPDATE record SET subject = \(key.id) WHERE sequence = \(next)")
    #expect(try verify(directory).faults.contains(TrailFault(.keyUsedAfterErasure, next)))
  }

  @Test func aDamagedPageIsFound() async throws {
    let directory = try await copy()
    let database = try DatabaseQueue(path: directory.data.trail)
    let numbers = try await database.read { database in
      try Int.fetchOne(database, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'record'").map { page in
        (page, try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096)
      }
    }
    try database.close()
    let (page, size) = try #require(numbers)
    let file = try FileHandle(forUpdating: URL(filePath: directory.data.trail))
    try file.seek(toOffset: UInt64((page - 1) * size))
    try file.write(contentsOf: Data(repeating: 0xFF, count: 64))
    try file.close()
    #expect(try verify(directory).faults.contains(TrailFault(.databaseDamaged)))
  }

  /// Someone rewrites everything with the log's own key: only what was kept elsewhere shows it.
  @Test(arguments: TestStore.atHand) func aTrailThatWasReplacedIsFoundByACheckpointKeptElsewhere(_ store: TestStore)
    async throws
  {
    let directory = try await copy(in: store)
    let kept = try AuditReader(directory: directory.data).head()
    #expect(try verify(directory, checkpoints: [kept]).isIntact)

    let shorter = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: shorter.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    try trail.close()
    #expect(try verify(shorter).isIntact)
    #expect(try verify(shorter, checkpoints: [kept]).faults.first?.code == .anchorAhead)

    let longer = try AuditTrail(directory: shorter.data)
    for number in 4...604 { _ = try await longer.append(fullEntry(number, payloadBytes: 0)) }
    try longer.close()
    // Signed by another key: it is not this log's word.
    #expect(try verify(shorter, checkpoints: [kept]).faults.map(\.code) == [.checkpointUnsigned])
  }

  @Test(arguments: TestStore.atHand) func aClockThatWentBackIsSaidAndIsNoFault(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for milliseconds in [5000, 4000, 6000] as [Int64] {
      _ = try await trail.append(AuditEntry(time: Instant(milliseconds: milliseconds), kind: .start))
    }
    let result = try verify(directory)
    #expect(result.isIntact && result.faults == [TrailFault(.timeWentBack, 2)])
  }

  /// However often it did: the records after it are looked at all the same.
  @Test(arguments: TestStore.atHand) func clocksThatWentBackEndNoVerification(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    // Each batch is of many callers, so that the times go up and down all the while.
    try await appendTogether(1...6000, to: trail) { number in
      AuditEntry(time: Instant(milliseconds: number % 2 == 0 ? 5000 : 4000 - Int64(number % 32)), kind: .read)
    }
    try trail.close()
    let result = try verify(directory)
    #expect(result.isIntact && result.records == 6000 && result.faults.count == TrailVerification.mostFaults)
    try directory.tamper("UPDATE record SET status = 500 WHERE sequence = 6000")
    #expect(try verify(directory).faults.filter(\.code.isFault) == [TrailFault(.columnsDiffer, 6000)])
  }

  @Test(arguments: TestStore.atHand) func theLogsKeyIsRotatedByARecord(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let first = trail.logKey
    let deed = AuditTrail.Deed(user: "u", reason: "yearly", time: Instant(milliseconds: 1_800_000_000_000))
    let (second, sequence) = try await trail.rotateCheckpointKey(deed)
    #expect(sequence == 6 && second != first && second.name == first.name)
    let underFirst = try AuditReader(directory: directory.data).proof(of: 6)
    #expect(try underFirst.record(log: first).entry.note == second.vkey)
    _ = try await trail.append(fullEntry(7, payloadBytes: 0))
    let underSecond = try AuditReader(directory: directory.data).proof(of: 7)
    #expect(throws: ProofFile.Fault.notSigned) { try underSecond.record(log: first) }
    #expect(try underSecond.record(log: second).sequence == 7)
    #expect(try verify(directory).isIntact)
    try trail.close()
    let again = try AuditTrail(directory: directory.data)
    #expect(again.logKey == second)
    _ = try await again.append(fullEntry(8, payloadBytes: 0))
    #expect(try verify(directory).isIntact)
  }
}
