// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Synchronization
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
      of: AuditReader(directory: directory.data), search, legalCase: legalCase, log: directory.data.loadLogKey())
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
    _ = try await trail.perform(Self.approval(of: whole, closing: "a"))
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

  /// Who is held by criteria while the end of the case is proposed is held anew, so that the approval does not free them.
  @Test(arguments: TestStore.atHand) func criteriaHoldBesideAProposal(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(Self.answer(number)) }
    _ = try await trail.perform(Self.hold("a"), showing: try Self.scope(directory, "a").patients)
    let one = try await trail.perform(Self.proposal(of: "a", patient: Self.patient(2)))
    #expect(try Self.scope(directory, "a").patients.pseudonyms == [Self.patient(2)])
    // The proposal of another case is no reason to hold anybody anew.
    _ = try await trail.hold(Self.patient(3), Self.deed("b"))
    _ = try await trail.perform(Self.proposal(of: "b"))
    #expect(try Self.scope(directory, "a").held == 2)
    let whole = try await trail.perform(Self.proposal(of: "a"))
    let found = try Self.scope(directory, "a")
    #expect(found.patients.pseudonyms == (1...3).map(Self.patient) && found.held == 0)
    _ = try await trail.perform(Self.hold("a"), showing: found.patients)
    #expect(try Self.scope(directory, "a").held == 3)
    _ = try await trail.perform(Self.approval(of: whole, closing: "a"))
    await #expect(throws: AuditError(.notFound)) { try await trail.perform(Self.approval(of: one)) }
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.patientsHeld(for: "a") == Set((1...3).map(Self.patient)))
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM hold WHERE released IS NULL") } == 4)
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
    _ = try await trail.perform(Self.approval(of: proposed, closing: "2026-17"), most: 40)
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

  @Test(arguments: TestStore.atHand) func criteriaHoldWhomTheyFind(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...12 {
      var entry = Self.answer(number, hour: Int64(number))
      if number > 10 { entry.unit = "Location/ward" }
      _ = try await trail.append(entry)
    }
    _ = try await trail.done(.erasure, to: Self.patient(4))
    // Somebody who was only read of in the period, and what is about nobody.
    var reading = AuditEntry(time: Self.answer(0, hour: 5).time, kind: .read)
    reading.patient = Self.patient(12)
    _ = try await trail.append(reading)
    var nobodys = Self.answer(0, hour: 5)
    nobodys.patient = nil
    _ = try await trail.append(nobodys)
    var search = AuditReader.Search()
    (search.filter.since, search.until) = (Self.answer(0, hour: 3).time, Self.answer(0, hour: 7).time)
    let found = try Self.scope(directory, "a", search)
    #expect(found.patients.pseudonyms == [3, 5, 6].map(Self.patient) && found.held == 0 && found.countText == "<11")
    var hold = Self.hold("a")
    hold.note = search.text
    _ = try await trail.perform(hold, showing: found.patients)
    let reader = try AuditReader(directory: directory.data)
    // What the case is about stands in the record of each.
    #expect(search.text == "since \(Self.answer(0, hour: 3).time), until \(Self.answer(0, hour: 7).time)")
    #expect(try reader.list(limit: 3).allSatisfy { $0.entry.kind == .hold && $0.entry.note == search.text })
    #expect(try reader.patientsHeld(for: "a") == Set([3, 5, 6].map(Self.patient)))
    let again = try Self.scope(directory, "a", search)
    #expect(again.patients.pseudonyms.isEmpty && again.held == 3)
    #expect(again.countText == "0" && again.heldText == "<11")
    let all = try Self.scope(directory, "a")
    #expect(all.patients.pseudonyms.count == 8 && all.held == 3)
    // A hold of another case is none of this one's.
    let other = try Self.scope(directory, "b")
    #expect(other.patients.pseudonyms.count == 11 && other.countText == "11")
    search = AuditReader.Search()
    search.unit = "Location/ward"
    #expect(try Self.scope(directory, "b", search).patients.pseudonyms == [11, 12].map(Self.patient))
    // Nobody, and without a case.
    search.unit = "Location/none"
    let nobody = try Self.scope(directory, "b", search)
    await #expect(throws: AuditError(.notFound)) {
      try await trail.perform(Self.hold("b"), showing: nobody.patients)
    }
    #expect(try reader.list(limit: 1).first?.entry.note == "hold: order")
    for legalCase in [nil, "", " "] {
      await #expect(throws: AuditError(.damaged)) {
        try await trail.perform(Self.hold(legalCase), showing: other.patients)
      }
    }
    // Who is erased between the looking and the doing is passed over, and no key is made of them.
    let late = try Self.scope(directory, "c")
    _ = try await trail.done(.erasure, to: Self.patient(11))
    _ = try await trail.perform(Self.hold("c"), showing: late.patients)
    #expect(try reader.patientsHeld(for: "c").count == 10)
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL") } == 11)
    #expect(try Self.faults(directory) == [])
    // An edited trail holds nobody: it might leave somebody out.
    try trail.close()
    try directory.tamper("UPDATE record SET leaf = flip(leaf, 30) WHERE sequence = 2")
    #expect(throws: AuditError.self) { try Self.scope(directory, "d") }
  }

  /// Whom another command has held meanwhile is not held twice, and nobody is refused for it.
  @Test(arguments: TestStore.atHand) func nobodyIsHeldTwice(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(Self.answer(number)) }
    let found = try Self.scope(directory, "a")
    _ = try await trail.perform(Self.hold("a"), showing: found.patients)
    _ = try await trail.append(Self.answer(4))
    let size = trail.size
    await #expect(throws: AuditError(.notFound)) {
      try await trail.perform(Self.hold("a"), showing: found.patients)
    }
    // The refusal alone, and then the hold of the one who came.
    #expect(trail.size == size + 1)
    let all = try Self.scope(directory, "b")
    #expect(all.patients.pseudonyms.count == 4)
    #expect(try await trail.perform(Self.hold("a"), showing: all.patients) == size + 2)
    #expect(trail.size == size + 2)
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM hold WHERE released IS NULL") } == 4)
    #expect(try Self.faults(directory) == [])
    try trail.close()
  }

  /// Holds and releases of many go together, and nobody else's entry is refused with them.
  @Test func manyGoInFewTransactions() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...160, to: trail) { Self.answer($0) }
    let scope = try Self.scope(directory, "a")
    let commits = Commits()
    trail.database.add(transactionObserver: commits)
    _ = try await trail.perform(Self.hold("a"), showing: scope.patients)
    #expect(commits.count == 5)
    let proposed = try await trail.perform(Self.proposal(of: "a"))
    _ = try await trail.perform(Self.approval(of: proposed, closing: "a"))
    #expect(commits.count == 11 && trail.size == 481)
    try trail.close()
  }

  private final class Commits: TransactionObserver, Sendable {
    private let number = Mutex(0)
    var count: Int { number.withLock(\.self) }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { number.withLock { $0 += 1 } }
    func databaseDidRollback(_ db: Database) {}
  }

  /// Another process asks the one that writes, of more patients than one request takes.
  @Test func aRunningServiceIsAsked() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...600, to: trail) { Self.answer($0) }
    let inbox = TrailInbox(directory.data)
    let service = Task {
      while !Task.isCancelled {
        await inbox.serve(trail)
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    defer { service.cancel() }
    let scope = try Self.scope(directory, "2026-17")
    _ = try await inbox.submit(Self.hold("2026-17"), showing: scope.patients, patience: 12_000)
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.patientsHeld(for: "2026-17") == Set((1...600).map(Self.patient)))
    let proposed = try await inbox.submit(Self.proposal(of: "2026-17"), patience: 12_000).sequence
    var left: [Int] = []
    repeat {
      _ = try await inbox.submit(Self.approval(of: proposed, closing: "2026-17"), patience: 12_000)
      left.append(try reader.patientsHeld(for: "2026-17").count)
    } while try reader.isReleaseUnfinished(proposed)
    #expect(left == [344, 88, 0])
    service.cancel()
    await service.value
    #expect(try Self.faults(directory) == [])
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
