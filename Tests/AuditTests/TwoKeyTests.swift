// SPDX-License-Identifier: Apache-2.0
import Audit
import Crypto
import FHIR
import Foundation
import Testing

/// A patient whom two processes met at the same moment has a data key of each, and is one patient all the same.
@Suite struct TwoKeyTests {
  private static let patient = HoldTests.patient(1)

  /// Answer 1 and the hold 3 lie under one data key of the patient, answer 2, ten hours later, and what comes under the other.
  private func trail(
    in store: TestStore, of legalCase: String?
  ) async throws -> (directory: TemporaryDirectory, trail: AuditTrail) {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...2 { _ = try await trail.append(HoldTests.answer(number, hour: Int64(number - 1) * 10)) }
    _ = try await trail.hold(Self.patient, HoldTests.deed(legalCase))
    let found = try trail.store.read { database in
      try database.query(
        "SELECT id, wrapped FROM subject_key WHERE id = (SELECT subject FROM record WHERE sequence = 2)", []
      ) { (id: $0.number(0) ?? 0, wrapped: $0.bytes(1) ?? []) }
    }
    try trail.close()
    let other = try #require(found.first)
    try give(other.id, other.wrapped, of: HoldTests.patient(2), in: directory)
    return (directory, try AuditTrail(directory: directory.data))
  }

  /// Another patient's data key becomes this one's, as the other process would have bound it.
  private func give(_ id: Int64, _ wrapped: [UInt8], of other: [UInt8], in directory: TemporaryDirectory) throws {
    let context =
      Array("vigil subject key 2\u{0}".utf8)
      + (0..<8).map { UInt8(truncatingIfNeeded: id >> (56 - 8 * $0)) }
    let root = SymmetricKey(data: try Data(contentsOf: URL(filePath: directory.data.rootKey)))
    let key = try AES.GCM.open(
      AES.GCM.SealedBox(combined: wrapped.dropFirst()), using: root, authenticating: context + other)
    let sealed = try AES.GCM.seal(key, using: root, authenticating: context + Self.patient)
    let bound = [UInt8(2)] + Array(try #require(sealed.combined))
    try directory.tamper(
      """
      UPDATE subject_key SET pseudonym = x'\(AuditRecord.hexadecimal(Self.patient))',
        wrapped = x'\(AuditRecord.hexadecimal(bound))' WHERE id = \(id)
      """)
  }

  /// Purges what is of before the eleventh hour, by two people.
  private func purge(_ trail: AuditTrail) async throws {
    var proposal = AuditEntry(time: HoldTests.noon, kind: .proposal)
    (proposal.outcome, proposal.origin, proposal.reason) = (Proposal.purge.rawValue, "officer", "yearly")
    proposal.instant = HoldTests.answer(0, hour: 11).time
    var approval = HoldTests.approval(of: try await trail.perform(proposal))
    approval.outcome = Proposal.purge.rawValue
    _ = try await trail.perform(approval)
  }

  private func living(_ trail: AuditTrail) throws -> Int64? {
    try trail.store.read { try $0.number("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL") }
  }

  @Test(arguments: TestStore.atHand, [nil, "a"] as [String?])
  func aHoldIsReleasedUnderTheOther(_ store: TestStore, _ legalCase: String?) async throws {
    let (directory, trail) = try await trail(in: store, of: legalCase)
    #expect(try living(trail) == 2 && HoldTests.faults(directory) == [])
    await #expect(throws: AuditError(.held)) { try await trail.done(.erasure, to: Self.patient) }
    let release = try await trail.done(.release, to: Self.patient, of: legalCase)
    let reader = try AuditReader(directory: directory.data)
    let tokens = try [2, 3, release].map { try reader.find(one: $0).subject }
    #expect(tokens[0] != tokens[1] && tokens[0] == tokens[2])
    #expect(try reader.patientsHeld(for: legalCase).isEmpty)
    #expect(try HoldTests.faults(directory) == [])
    // The next hold is the other's, and none that was released.
    let next = try await trail.hold(Self.patient, HoldTests.deed(legalCase))
    #expect(try HoldTests.faults(directory) == [])
    let last = try await trail.done(.release, to: Self.patient, of: legalCase)
    // Of an erased patient nobody knows which keys were theirs.
    _ = try await trail.done(.erasure, to: Self.patient)
    #expect(try living(trail) == 0)
    try trail.close()
    #expect(try HoldTests.faults(directory) == [])
    // What is no release, or was before the hold, ended none.
    try directory.tamper("UPDATE hold SET released = 1 WHERE sequence = 3")
    #expect(try HoldTests.faults(directory) == [TrailFault(.holdDiffers, 3)])
    try directory.tamper(
      """
      UPDATE hold SET released = \(release) WHERE sequence = 3; UPDATE hold SET released = \(release) WHERE sequence = \(next)
      """)
    #expect(try HoldTests.faults(directory) == [TrailFault(.holdDiffers, next)])
    try directory.tamper("UPDATE hold SET released = \(last) WHERE sequence = \(next)")
    #expect(try HoldTests.faults(directory) == [])
  }

  /// Nothing is purged under the one while the patient is treated under the other.
  @Test(arguments: TestStore.atHand) func bothAreAsOldAsTheirPatient(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store, of: "a")
    func retention(before hour: Int64) throws -> Retention {
      try Retention(
        of: AuditReader(directory: directory.data), before: HoldTests.answer(0, hour: hour).time, client: nil,
        log: directory.data.loadLogKey())
    }
    let held = try retention(before: 11)
    #expect(held.patients.isEmpty && held.held == 1)
    _ = try await trail.done(.release, to: nil, of: "a")
    let early = try retention(before: 5)
    #expect(early.patients.isEmpty && early.held == 0)
    let late = try retention(before: 11)
    #expect(late.patients.map(\.count) == [2] && late.payloads == 2)
    try await purge(trail)
    #expect(try living(trail) == 0)
    try trail.close()
    #expect(try HoldTests.faults(directory) == [])
  }

  /// One under which nothing but a hold lies goes with the other, or their holds would be forgotten and the patient not.
  @Test(arguments: TestStore.atHand) func oneWithoutAPayloadGoesToo(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(HoldTests.answer(1))
    _ = try await trail.hold(HoldTests.patient(2), HoldTests.deed("a"), isAhead: true)
    _ = try await trail.done(.release, to: HoldTests.patient(2), of: "a")
    let found = try trail.store.read { database in
      try database.query("SELECT id, wrapped FROM subject_key ORDER BY id DESC LIMIT 1", []) {
        (id: $0.number(0) ?? 0, wrapped: $0.bytes(1) ?? [])
      }
    }
    try trail.close()
    let other = try #require(found.first)
    try give(other.id, other.wrapped, of: HoldTests.patient(2), in: directory)
    try directory.tamper("UPDATE hold SET pseudonym = x'\(AuditRecord.hexadecimal(Self.patient))'")
    let next = try AuditTrail(directory: directory.data)
    #expect(try living(next) == 2 && HoldTests.faults(directory) == [])
    try await purge(next)
    #expect(try living(next) == 0)
    try next.close()
    #expect(try HoldTests.faults(directory) == [])
  }

  /// A purge once destroyed the one and forgot whose the holds were: that is no fault of the trail.
  @Test(arguments: TestStore.atHand) func whatAnEarlierPurgeLeftIsNoFault(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store, of: "a")
    _ = try await trail.done(.release, to: Self.patient, of: "a")
    let stored = try trail.store.read { try $0.number("SELECT subject FROM record WHERE sequence = 3") }
    let key = try #require(stored)
    var purge = AuditEntry(time: HoldTests.noon, kind: .erasure)
    (purge.outcome, purge.origin, purge.reason) = (Proposal.purge.rawValue, "officer", "yearly")
    purge.note = "destroyed subject keys \(key)"
    _ = try await trail.append(purge) { database, _ in
      try database.execute("UPDATE subject_key SET pseudonym = NULL, wrapped = NULL WHERE id = ?", [.number(key)])
      try database.execute("UPDATE hold SET pseudonym = ?", [.bytes([UInt8](repeating: 0, count: 32))])
    }
    #expect(try living(trail) == 1 && HoldTests.faults(directory) == [])
    // What ended another hold did not end this one.
    _ = try await trail.hold(Self.patient, HoldTests.deed("a"))
    let other = try await trail.done(.release, to: Self.patient, of: "a")
    try trail.close()
    #expect(try HoldTests.faults(directory) == [])
    try directory.tamper("UPDATE hold SET released = \(other) WHERE sequence = 3")
    #expect(try HoldTests.faults(directory) == [TrailFault(.holdDiffers, 3)])
  }

  /// However many go: no record of a purge names one of a patient's and not the other.
  @Test(arguments: TestStore.atHand) func aPurgeSplitsNobody(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(HoldTests.answer(1))
    try await appendTogether(2...1001, to: trail) { HoldTests.answer($0) }
    let keys = try trail.store.read { database in
      try database.query("SELECT id, wrapped, pseudonym FROM subject_key ORDER BY id", []) {
        (id: $0.number(0) ?? 0, wrapped: $0.bytes(1) ?? [], pseudonym: $0.bytes(2) ?? [])
      }
    }
    try trail.close()
    let first = try #require(keys.first)
    let last = try #require(keys.last)
    #expect(keys.count == 1001 && first.pseudonym == Self.patient)
    try give(last.id, last.wrapped, of: last.pseudonym, in: directory)
    let next = try AuditTrail(directory: directory.data)
    try await purge(next)
    #expect(try living(next) == 0)
    var filter = AuditReader.Filter()
    filter.kind = .erasure
    let records = try AuditReader(directory: directory.data).list(filter, limit: 9)
    #expect(records.count == 2)
    for record in records {
      let named = (record.entry.note ?? "").split(separator: " ").compactMap { Int64($0) }
      #expect(named.contains(first.id) == named.contains(last.id))
    }
    try next.close()
  }
}
