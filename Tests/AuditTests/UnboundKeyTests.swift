// SPDX-License-Identifier: Apache-2.0
import Audit
import Crypto
import FHIR
import Foundation
import GRDB
import Testing

/// Data keys of before they were bound to their patients: bound by the first start, and taken no more afterwards.
@Suite struct UnboundKeyTests {
  private static func context(_ version: Int, _ id: Int64) -> [UInt8] {
    Array("vigil subject key \(version)\u{0}".utf8) + (0..<8).map { UInt8(truncatingIfNeeded: id >> (56 - 8 * $0)) }
  }

  /// Data keys as they were stored before, by their numbers.
  private func unbound(_ directory: TemporaryDirectory, _ trail: AuditTrail) throws -> [Int64: [UInt8]] {
    let root = SymmetricKey(data: try Data(contentsOf: URL(filePath: directory.data.rootKey)))
    let rows = try trail.store.read { database in
      try database.query("SELECT id, pseudonym, wrapped FROM subject_key WHERE wrapped IS NOT NULL", []) {
        (id: $0.number(0) ?? 0, pseudonym: $0.bytes(1) ?? [], wrapped: $0.bytes(2) ?? [])
      }
    }
    var found: [Int64: [UInt8]] = [:]
    for row in rows {
      #expect(row.wrapped.count == 61 && row.wrapped.first == 2)
      let key = try AES.GCM.open(
        AES.GCM.SealedBox(combined: row.wrapped.dropFirst()), using: root,
        authenticating: Self.context(2, row.id) + row.pseudonym)
      let old = try AES.GCM.seal(key, using: root, authenticating: Self.context(1, row.id))
      found[row.id] = Array(try #require(old.combined))
    }
    return found
  }

  private func store(_ keys: [Int64: [UInt8]], in trail: AuditTrail) throws {
    try trail.store.write { database in
      for (id, wrapped) in keys {
        try database.execute("UPDATE subject_key SET wrapped = ? WHERE id = ?", [.bytes(wrapped), .number(id)])
      }
    }
  }

  private func verify(_ directory: TemporaryDirectory) throws -> TrailVerification {
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.root = try directory.data.loadRootKey()
    return try TrailVerification(directory.data, against: anchors)
  }

  /// A number behind which there is none was given to no key: who comes as a new patient is refused, and nobody else.
  @Test func aNumberWithoutANextIsNoKeys() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(HoldTests.answer(1))
    try trail.close()
    try directory.tamper("INSERT INTO subject_key (id) VALUES (\(Int64.max))")
    let next = try AuditTrail(directory: directory.data)
    await #expect(throws: AuditError(.keyChanged)) { try await next.append(HoldTests.answer(2)) }
    _ = try await next.append(HoldTests.answer(1))
    try next.close()
  }

  @Test(arguments: TestStore.atHand) func theyAreBoundOnce(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    var trail = try AuditTrail(directory: directory.data)
    for number in 1...7 { _ = try await trail.append(fullEntry(number)) }
    let old = try unbound(directory, trail)
    #expect(old.count == 7)
    try self.store(old, in: trail)
    try trail.close()
    // A trail of before is intact, and nothing is said of whose its records are.
    let before = try verify(directory)
    #expect(before.isIntact && before.opened == 7 && before.boundKeys == 0, "\(before.faults)")

    // Who reads it is told what to do, and not that somebody has changed something.
    let reader = try AuditReader(directory: directory.data)
    var filter = AuditReader.Filter()
    filter.patient = fullEntry(3).patient
    #expect(throws: AuditError(.olderSchema)) { try reader.record(3) }
    #expect(throws: AuditError(.olderSchema)) { try reader.list(filter, limit: 9) }
    #expect(throws: AuditError(.olderSchema)) {
      try reader.report(.access, AuditReader.Search(), log: try directory.data.loadLogKey(), at: fullEntry(3).time) {
        _ in
      }
    }

    trail = try AuditTrail(directory: directory.data)
    #expect(trail.forbiddenKeys == 0)
    let after = try verify(directory)
    #expect(after.isIntact && after.opened == 7 && after.boundKeys == 7, "\(after.faults)")
    #expect(try AuditReader(directory: directory.data).record(3).entry == fullEntry(3))
    // A start that was cut short half-way is finished by the next.
    try self.store(old.filter { $0.key > 4 }, in: trail)
    try trail.close()
    trail = try AuditTrail(directory: directory.data)
    #expect(try verify(directory).boundKeys == 7)

    // Once a start says that all are bound, one out of an old copy is a fault, and no start takes it.
    let start = try await trail.append(AuditEntry(time: Instant(milliseconds: 1_800_000_000_000), kind: .start))
    #expect(try AuditReader(directory: directory.data).record(start).entry.wrapVersion == 2)
    try self.store(old.filter { $0.key == 3 }, in: trail)
    try trail.close()
    trail = try AuditTrail(directory: directory.data)
    #expect(try verify(directory).faults.filter(\.code.isFault) == [TrailFault(.keyChanged, 3)])
    #expect(trail.forbiddenKeys == 1)
    #expect(throws: AuditError(.keyChanged)) { try AuditReader(directory: directory.data).record(3) }
    await #expect(throws: AuditError(.keyChanged)) { try await trail.append(fullEntry(3)) }
    await #expect(throws: AuditError(.keyChanged)) { try await trail.done(.erasure, to: fullEntry(4).patient ?? []) }
    _ = try await trail.append(fullEntry(4))
    try trail.close()
  }

  /// Whoever's records were given to another patient is neither found, answered nor erased in that patient's place.
  @Test func nobodyIsErasedInTheOthersPlace() async throws {
    let directory = TemporaryDirectory()
    var trail = try AuditTrail(directory: directory.data)
    for number in 1...7 { _ = try await trail.append(fullEntry(number)) }
    let (one, other) = (fullEntry(1).patient ?? [], fullEntry(2).patient ?? [])
    let proposed = try await trail.perform(Self.proposal(of: one))
    try trail.close()
    for (id, pseudonym) in [(1, other), (2, one)] {
      try directory.tamper(
        "UPDATE subject_key SET pseudonym = x'\(AuditRecord.hexadecimal(pseudonym))' WHERE id = \(id)")
    }
    trail = try AuditTrail(directory: directory.data)
    var approval = AuditEntry(time: ErasureTests.deed.time, kind: .approval)
    (approval.outcome, approval.origin, approval.proposal) = (Proposal.erasure.rawValue, "second", proposed)
    let asked = approval
    await #expect(throws: AuditError(.keyChanged)) { try await trail.perform(asked) }
    await #expect(throws: AuditError(.keyChanged)) { try await trail.append(fullEntry(1)) }
    let reader = try AuditReader(directory: directory.data)
    var filter = AuditReader.Filter()
    filter.patient = one
    #expect(throws: AuditError(.keyChanged)) { try reader.list(filter, limit: 9) }
    #expect(throws: AuditError(.keyChanged)) { try reader.record(1) }
    // The refusal is on record, and nobody was destroyed.
    #expect(try reader.list(limit: 1).map(\.entry.reason) == ["AUD022"])
    #expect(try verify(directory).erased == 0)
    try trail.close()
  }

  private static func proposal(of patient: [UInt8]) -> AuditEntry {
    var entry = AuditEntry(time: ErasureTests.deed.time, kind: .proposal)
    (entry.outcome, entry.origin, entry.reason) = (Proposal.erasure.rawValue, "officer", "request")
    entry.patient = patient
    return entry
  }
}
