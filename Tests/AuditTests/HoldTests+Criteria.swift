// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Synchronization
import Testing

/// A case holds whom its criteria find.
extension HoldTests {
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
    try trail.close()
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
    // Who says up to where they looked found that the holds of before keep nobody.
    var late = Self.hold("a")
    late.count = size + 1
    #expect(try await trail.perform(late, showing: all.patients) == size + 5)
    #expect(try AuditReader(directory: directory.data).find(one: size + 5).entry.count == nil)
    let again = late
    await #expect(throws: AuditError(.notFound)) { _ = try await trail.perform(again, showing: all.patients) }
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

  /// Another process asks the one that writes, of more patients than one request takes. Where somebody else went ahead with some of them,
  /// the rest is done all the same.
  @Test func aRunningServiceIsAsked() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...600, to: trail) { Self.answer($0, hour: $0 < 300 ? 0 : 1) }
    let inbox = TrailInbox(directory.data)
    let service = Task {
      while !Task.isCancelled {
        await inbox.serve(trail)
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    defer { service.cancel() }
    let scope = try Self.scope(directory, "2026-17")
    var early = AuditReader.Search()
    early.until = Self.answer(0, hour: 1).time
    let half = try Self.scope(directory, "2026-17", early).patients
    #expect(half.pseudonyms.count == 299)
    _ = try await trail.perform(Self.hold("2026-17"), showing: half)
    _ = try await inbox.submit(Self.hold("2026-17"), showing: scope.patients, patience: 12_000)
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.patientsHeld(for: "2026-17") == Set((1...600).map(Self.patient)))
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM hold WHERE released IS NULL") } == 600)
    let proposed = try await inbox.submit(Self.proposal(of: "2026-17"), patience: 12_000).sequence
    _ = try await trail.perform(Self.approval(of: proposed, closing: "2026-17"), showing: half)
    #expect(try reader.patientsHeld(for: "2026-17").count == 301 && reader.isReleaseUnfinished(proposed))
    let last = try await inbox.submit(Self.approval(of: proposed, closing: "2026-17"), patience: 12_000).sequence
    #expect(last == trail.size)
    #expect(try reader.patientsHeld(for: "2026-17").isEmpty && !reader.isReleaseUnfinished(proposed))
    await #expect(throws: AuditError(.notFound)) {
      try await inbox.submit(Self.approval(of: proposed, closing: "2026-17"), patience: 12_000)
    }
    service.cancel()
    await service.value
    // Those of the first request were held already; and the last approval.
    var refusals = AuditReader.Search()
    refusals.filter.kind = .rejection
    #expect(try reader.find(refusals, limit: 9).map(\.entry.note) == ["release: closed", "hold: order"])
    #expect(try Self.faults(directory) == [])
    try trail.close()
  }
}
