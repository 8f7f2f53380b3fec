// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// A hold is of its case, and a case holds whom it is about, until it is closed by two people.
@Suite struct HoldTests {
  static let noon = ErasureTests.deed.time

  static func patient(_ number: Int) -> [UInt8] {
    [UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 7, count: 30)
  }

  static func answer(_ number: Int, hour: Int64 = 0) -> AuditEntry {
    var entry = fullEntry(number, payloadBytes: 0)
    entry.patient = patient(number)
    entry.time = Instant(milliseconds: 1_700_000_000_000 + hour * 3_600_000)
    return entry
  }

  static func deed(_ legalCase: String?) -> AuditTrail.Deed {
    AuditTrail.Deed(user: "officer", reason: "order", time: noon, legalCase: legalCase)
  }

  /// A hold by criteria as it is asked for.
  static func hold(_ legalCase: String?) -> AuditEntry {
    var entry = AuditEntry(time: noon, kind: .hold)
    (entry.origin, entry.reason, entry.legalCase) = ("officer", "order", legalCase)
    return entry
  }

  static func proposal(of legalCase: String?, patient: [UInt8]? = nil) -> AuditEntry {
    var entry = AuditEntry(time: noon, kind: .proposal)
    (entry.outcome, entry.origin, entry.reason) = (Proposal.release.rawValue, "officer", "closed")
    (entry.legalCase, entry.patient) = (legalCase, patient)
    return entry
  }

  /// - Parameter legalCase: the case, where it is all of its holds that end.
  static func approval(
    of number: Int64, closing legalCase: String? = nil, by user: String = "second"
  ) -> AuditEntry {
    var entry = AuditEntry(time: noon, kind: .approval)
    (entry.outcome, entry.origin, entry.proposal) = (Proposal.release.rawValue, user, number)
    entry.legalCase = legalCase
    return entry
  }

  static func scope(
    _ directory: TemporaryDirectory, _ legalCase: String, _ search: AuditReader.Search = AuditReader.Search()
  ) throws -> HoldScope {
    try HoldScope(
      of: AuditReader(directory: directory.data), search, legalCase: legalCase, log: directory.data.loadLogKey(),
      signer: directory.data.loadCheckpointKey().key)
  }

  static func faults(_ directory: TemporaryDirectory) throws -> [TrailFault] {
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.root = try directory.data.loadRootKey()
    return try TrailVerification(directory.data, against: anchors).faults.filter(\.code.isFault)
  }

  @Test(arguments: TestStore.atHand) func aReleaseEndsTheHoldsOfItsCaseAlone(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let patient = Self.patient(1)
    _ = try await trail.append(Self.answer(1))
    let first = try await trail.hold(patient, Self.deed("2026-17"))
    _ = try await trail.hold(patient, Self.deed("2026-17"))
    _ = try await trail.hold(patient, Self.deed("2026-18"))
    _ = try await trail.hold(patient, Self.deed(nil))
    let reader = try AuditReader(directory: directory.data)
    let record = try reader.find(one: first)
    #expect(record.entry.legalCase == "2026-17" && record.json["case"] == "2026-17")
    #expect(AuditRecord(leaf: record.leaf)?.entry.legalCase == "2026-17")
    await #expect(throws: AuditError(.notFound)) { try await trail.done(.release, to: patient, of: "2026-1") }
    for legalCase in ["2026-17", nil, "2026-18"] {
      await #expect(throws: AuditError(.held)) { try await trail.done(.erasure, to: patient) }
      let done = try await trail.done(.release, to: patient, of: legalCase)
      #expect(try reader.find(one: done).entry.legalCase == legalCase)
      #expect(try reader.patientsHeld(for: legalCase).isEmpty)
      await #expect(throws: AuditError(.notFound)) { try await trail.done(.release, to: patient, of: legalCase) }
      #expect(try Self.faults(directory) == [])
    }
    // Of the case as well is what was refused of it.
    var search = AuditReader.Search()
    search.legalCase = "2026-18"
    #expect(try reader.find(search, limit: 9).map(\.entry.kind) == [.rejection, .release, .proposal, .hold])
    _ = try await trail.done(.erasure, to: patient)
    #expect(try Self.faults(directory) == [])
    try trail.close()
  }

  /// A hold that came after the proposal stays, of the same case too; and one of another case is no reason to refuse.
  @Test(arguments: TestStore.atHand) func whatCameAfterTheProposalStays(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(Self.answer(number)) }
    for number in 1...2 { _ = try await trail.hold(Self.patient(number), Self.deed("a")) }
    let one = try await trail.perform(Self.proposal(of: "a", patient: Self.patient(1)))
    let whole = try await trail.perform(Self.proposal(of: "a"))
    for number in 2...3 { _ = try await trail.hold(Self.patient(number), Self.deed("a")) }
    _ = try await trail.hold(Self.patient(1), Self.deed("b"))
    let late = try await trail.perform(Self.proposal(of: "a"))
    #expect(try await trail.perform(Self.approval(of: one)) == trail.size)
    // Nor does it where patients are named.
    let named = try Self.scope(directory, "none").patients
    #expect(named.pseudonyms.count == 3)
    _ = try await trail.perform(Self.approval(of: whole, closing: "a"), showing: named)
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.patientsHeld(for: "a") == [Self.patient(2), Self.patient(3)])
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM hold WHERE released IS NULL") } == 3)
    #expect(try Self.faults(directory) == [])
    // Of the whole case nothing is left that was there when it was proposed.
    await #expect(throws: AuditError(.notFound, sequence: whole)) {
      try await trail.perform(Self.approval(of: whole, closing: "a"))
    }
    _ = try await trail.perform(Self.approval(of: late, closing: "a"))
    #expect(try reader.patientsHeld(for: "a").isEmpty && reader.patientsHeld(for: "b") == [Self.patient(1)])
    #expect(try Self.faults(directory) == [])
    try trail.close()
  }

  /// A record for each patient; what is cut short is approved again, by whoever may, and goes on.
  @Test(arguments: TestStore.atHand) func aCaseIsClosedByTwo(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...90, to: trail) { Self.answer($0) }
    await #expect(throws: AuditError(.notFound)) { try await trail.perform(Self.proposal(of: "2026-17")) }
    await #expect(throws: AuditError(.damaged)) { try await trail.perform(Self.proposal(of: nil)) }
    _ = try await trail.perform(Self.hold("2026-17"), showing: try Self.scope(directory, "2026-17").patients)
    _ = try await trail.hold(Self.patient(5), Self.deed("2026-17"))
    _ = try await trail.hold(Self.patient(6), Self.deed("2026-18"))
    let proposed = try await trail.perform(Self.proposal(of: "2026-17"))
    await #expect(throws: AuditError(.ownDeed, sequence: proposed)) {
      try await trail.perform(Self.approval(of: proposed, closing: "2026-17", by: "Officer"))
    }
    // Who approves says that it is the case's, and which.
    for named in [nil, "2026-18"] {
      await #expect(throws: AuditError(.notFound, sequence: proposed)) {
        try await trail.perform(Self.approval(of: proposed, closing: named))
      }
    }
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.patientsHeld(for: "2026-17").count == 90)
    var answers = AuditReader.Search()
    answers.filter.kind = .answer
    let first = ShownPatients(try reader.find(answers, limit: 40))
    _ = try await trail.perform(Self.approval(of: proposed, closing: "2026-17"), showing: first)
    // Whose holds have ended, whoever is named again.
    await #expect(throws: AuditError(.notFound, sequence: proposed)) {
      try await trail.perform(Self.approval(of: proposed, closing: "2026-17"), showing: first)
    }
    #expect(try reader.patientsHeld(for: "2026-17").count == 50 && reader.isReleaseUnfinished(proposed))
    #expect(try Self.faults(directory) == [])
    let last = try await trail.perform(Self.approval(of: proposed, closing: "2026-17", by: "third"))
    #expect(try reader.patientsHeld(for: "2026-17").isEmpty && !reader.isReleaseUnfinished(proposed))
    #expect(try reader.patientsHeld(for: "2026-18") == [Self.patient(6)])
    #expect(last == trail.size)
    var search = AuditReader.Search()
    (search.filter.kind, search.legalCase) = (.release, "2026-17")
    let releases = try reader.find(search, limit: .max).map(\.entry)
    #expect(releases.count == 90 && Set(releases.map(\.patient)).count == 90)
    #expect(releases.allSatisfy { $0.proposal == proposed && $0.reason == "closed" })
    #expect(releases.count { $0.origin == "second" } == 40 && releases.count { $0.origin == "third" } == 50)
    await #expect(throws: AuditError(.notFound, sequence: proposed)) {
      try await trail.perform(Self.approval(of: proposed, closing: "2026-17"))
    }
    #expect(try Self.faults(directory) == [])
    try trail.close()
  }

  /// The proposal of one patient who was erased since is not that of the whole case.
  @Test(arguments: TestStore.atHand) func theProposalOfAnErasedPatientEndsNothing(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...2 {
      _ = try await trail.append(Self.answer(number))
      _ = try await trail.hold(Self.patient(number), Self.deed("a"))
    }
    let proposed = try await trail.perform(Self.proposal(of: "a", patient: Self.patient(1)))
    _ = try await trail.done(.release, to: Self.patient(1), of: "a")
    _ = try await trail.done(.erasure, to: Self.patient(1))
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.find(one: proposed).entry.patient == nil && !reader.isReleaseUnfinished(proposed))
    await #expect(throws: AuditError(.notFound)) { try await trail.perform(Self.approval(of: proposed)) }
    await #expect(throws: AuditError(.notFound, sequence: proposed)) {
      try await trail.perform(Self.approval(of: proposed, closing: "a"))
    }
    #expect(try reader.patientsHeld(for: "a") == [Self.patient(2)])
    try trail.close()
  }

  private static let tamperings: [(sql: String, sequence: Int64)] = [
    ("UPDATE hold SET released = 8 WHERE sequence = 5", 5), ("UPDATE hold SET released = NULL WHERE sequence = 3", 3),
    ("UPDATE hold SET released = 8 WHERE sequence = 4", 4), ("DELETE FROM hold WHERE sequence = 6", 6),
  ]

  /// What a row of the table says of a hold of a case is held against the records.
  @Test(arguments: tamperings, TestStore.atHand)
  func anEditedHoldIsNamed(_ tampering: (sql: String, sequence: Int64), _ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...2 { _ = try await trail.append(Self.answer(number)) }
    // 3 to 6; the proposal is 7, and 8 and 9 release both patients of the case.
    for (number, legalCase) in [(1, "a"), (2, "a"), (1, "b"), (1, nil)] as [(Int, String?)] {
      _ = try await trail.hold(Self.patient(number), Self.deed(legalCase))
    }
    #expect(try await trail.done(.release, to: nil, of: "a") == 9)
    try trail.close()
    #expect(try Self.faults(directory) == [])
    try directory.tamper(tampering.sql)
    #expect(try Self.faults(directory) == [TrailFault(.holdDiffers, tampering.sequence)])
  }

  /// In reports a hold is of its case.
  @Test(arguments: TestStore.atHand) func reportsNameTheCase(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(Self.answer(1))
    _ = try await trail.hold(Self.patient(1), Self.deed("2026-17"))
    _ = try await trail.done(.release, to: nil, of: "2026-17")
    try trail.close()
    let reports = ReportTests()
    let changes = try reports.report(directory, .changes)
    #expect(reports.column("what", changes).suffix(3) == ["case 2026-17", "release, case 2026-17", "case 2026-17"])
    var search = AuditReader.Search()
    search.filter.patient = Self.patient(1)
    let access = try reports.report(directory, .access, search)
    #expect(reports.column("what", access).suffix(2) == ["case 2026-17, order", "case 2026-17, request"])
  }
}
