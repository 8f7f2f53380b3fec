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

/// A record that is damaged keeps nobody else from being held, and is named.
extension HoldTests {
  /// Answers 1 to 8, each of the patient and the hour of its number, and 9 of patient 6; a start.
  private static func answered(in store: TestStore) async throws -> (TemporaryDirectory, AuditTrail) {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...8 { _ = try await trail.append(answer(number, hour: Int64(number))) }
    _ = try await trail.append(answer(6, hour: 9))
    _ = try await trail.append(AuditEntry(time: answer(0, hour: 9).time, kind: .start))
    return (directory, trail)
  }

  /// The data key of a record.
  private static func key(_ sequence: Int) -> String { "(SELECT subject FROM record WHERE sequence = \(sequence))" }

  @Test(arguments: TestStore.atHand) func whoIsProvedIsHeldAndTheRestIsNamed(_ store: TestStore) async throws {
    let (directory, opened) = try await Self.answered(in: store)
    try opened.close()
    #expect(try Self.scope(directory, "a").damaged.isEmpty)
    // A leaf, a data key in the form of before, a column, a pseudonym, and a data key that is gone.
    try directory.tamper(
      """
      UPDATE record SET leaf = flip(leaf, 20) WHERE sequence = 2;
      UPDATE subject_key SET wrapped = x'\(String(repeating: "00", count: 60))' WHERE id = \(Self.key(4));
      UPDATE record SET subject = \(Self.key(1)) WHERE sequence = 5;
      UPDATE subject_key SET pseudonym = x'\(String(repeating: "00", count: 31))4D' WHERE id = \(Self.key(6));
      UPDATE subject_key SET pseudonym = NULL, wrapped = NULL WHERE id = \(Self.key(7))
      """)
    let found = try Self.scope(directory, "a")
    #expect(found.patients.pseudonyms == [1, 3, 8].map(Self.patient))
    #expect(found.damaged.runs == [2...2, 4...7, 9...9] && found.damaged.count == 6)
    #expect(found.damaged.text == "2, 4 to 7, 9")
    // What is surely not meant is not named.
    var late = AuditReader.Search()
    late.filter.since = Self.answer(0, hour: 8).time
    let part = try Self.scope(directory, "a", late)
    #expect(part.patients.pseudonyms == [Self.patient(8)] && part.damaged.runs == [2...2, 9...9])
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.perform(Self.hold("a"), showing: found.patients)
    let again = try Self.scope(directory, "a")
    #expect(again.patients.pseudonyms.isEmpty && again.held == 3 && again.damaged == found.damaged)
    // The release that is proposed of somebody of whom nobody can say who may be anybody's.
    let proposed = try await trail.perform(Self.proposal(of: "a", patient: Self.patient(3)))
    try trail.close()
    #expect(try Self.scope(directory, "a").patients.pseudonyms == [Self.patient(3)])
    try directory.tamper("UPDATE record SET subject = \(Self.key(8)) WHERE sequence = \(proposed)")
    #expect(try Self.scope(directory, "a").patients.pseudonyms == found.patients.pseudonyms)
  }

  /// What is missing is named too. Where stored hashes are not what was signed it cannot be said what is damaged, and without the root key not
  /// whose a record is.
  @Test(arguments: TestStore.atHand) func whatNothingProvesHoldsNobody(_ store: TestStore) async throws {
    let (directory, trail) = try await Self.answered(in: store)
    try trail.close()
    try directory.tamper(
      """
      DELETE FROM payload WHERE sequence IN (1, 4, 9); DELETE FROM record WHERE sequence IN (1, 4, 9);
      UPDATE record SET leaf = x'0102' WHERE sequence = 3
      """)
    let found = try Self.scope(directory, "a")
    #expect(found.patients.pseudonyms == [2, 5, 6, 7, 8].map(Self.patient))
    #expect(found.damaged.text == "1, 3 to 4, 9")
    let root = try #require(FileManager.default.contents(atPath: directory.data.rootKey))
    try FileManager.default.removeItem(atPath: directory.data.rootKey)
    #expect(throws: AuditError.self) { try Self.scope(directory, "a") }
    try directory.data.write(Array(root), to: directory.data.rootKey)
    // A hash alone is no matter where all leaves are there, and one that fits a changed leaf is not the signed one.
    let other = try await Self.answered(in: store)
    try other.1.close()
    try other.0.tamper("UPDATE tile SET hashes = flip(hashes, 40) WHERE id = 0")
    #expect(try Self.scope(other.0, "a").patients.pseudonyms.count == 8)
    try directory.tamper("UPDATE tile SET hashes = flip(hashes, 40) WHERE id = 0")
    #expect(throws: AuditError.self) { try Self.scope(directory, "a") }
  }

  /// A hold that can be read, and of which nothing proves that it is its patient's, keeps nobody: they are held anew.
  @Test(arguments: TestStore.atHand) func whatIsNoProvedHoldIsPutOnAnew(_ store: TestStore) async throws {
    let (directory, trail) = try await Self.answered(in: store)
    let first = try await trail.hold(Self.patient(1), Self.deed("a"))
    let second = try await trail.hold(Self.patient(2), Self.deed("a"))
    let fourth = try await trail.hold(Self.patient(4), Self.deed("a"))
    let whole = try await trail.hold(Self.patient(5), Self.deed("a"))
    #expect(try Self.scope(directory, "a").held == 4)
    let reader = try AuditReader(directory: directory.data)
    var edited = try reader.find(one: first)
    edited.entry.reason = "another"
    // A leaf, whose the row of the hold is, and under which key its record lies.
    try directory.tamper(
      """
      UPDATE record SET leaf = x'\(AuditRecord.hexadecimal(edited.leaf))' WHERE sequence = \(first);
      UPDATE hold SET pseudonym = x'\(AuditRecord.hexadecimal(Self.patient(3)))' WHERE sequence = \(second);
      UPDATE record SET subject = \(Self.key(6)) WHERE sequence = \(fourth)
      """)
    let found = try Self.scope(directory, "a")
    #expect(found.patients.pseudonyms == [1, 2, 3, 4, 6, 7, 8].map(Self.patient) && found.held == 1)
    let last = try await trail.perform(Self.hold("a"), showing: found.patients)
    #expect(last == whole + 7)
    #expect(try reader.patientsHeld(for: "a", after: found.size) == Set(found.patients.pseudonyms))
    let again = try Self.scope(directory, "a")
    #expect(again.patients.pseudonyms.isEmpty && again.held == 8)
    try trail.close()
  }

  /// Nobody approves what nobody proposed, and whom it may be about is held anew.
  @Test(arguments: TestStore.atHand) func anEditedProposalFreesNobody(_ store: TestStore) async throws {
    let (directory, trail) = try await Self.answered(in: store)
    for (number, legalCase) in [(1, "a"), (2, "b")] {
      _ = try await trail.hold(Self.patient(number), Self.deed(legalCase))
    }
    #expect(try Self.scope(directory, "a").held == 1)
    let whole = try await trail.perform(Self.proposal(of: "b"))
    let one = try await trail.perform(Self.proposal(of: "b", patient: Self.patient(2)))
    let reader = try AuditReader(directory: directory.data)
    let signed = try reader.find(one: whole)
    // Of another case; by another person; of another patient.
    var edited = signed
    edited.entry.legalCase = "a"
    try directory.tamper(
      "UPDATE record SET leaf = x'\(AuditRecord.hexadecimal(edited.leaf))' WHERE sequence = \(whole)")
    await #expect(throws: AuditError(.damaged, sequence: whole)) {
      try await trail.perform(Self.approval(of: whole, closing: "a"))
    }
    let found = try Self.scope(directory, "a")
    #expect(found.held == 0 && found.patients.pseudonyms.count == 8 && found.damaged.runs == [whole...whole])
    edited = signed
    edited.entry.origin = "somebody"
    try directory.tamper(
      "UPDATE record SET leaf = x'\(AuditRecord.hexadecimal(edited.leaf))' WHERE sequence = \(whole)")
    await #expect(throws: AuditError(.damaged, sequence: whole)) {
      try await trail.perform(Self.approval(of: whole, closing: "b", by: "officer"))
    }
    try directory.tamper("UPDATE record SET subject = \(Self.key(1)) WHERE sequence = \(one)")
    await #expect(throws: AuditError(.damaged, sequence: one)) { try await trail.perform(Self.approval(of: one)) }
    #expect(try reader.patientsHeld(for: "a") == [Self.patient(1)])
    #expect(try reader.patientsHeld(for: "b") == [Self.patient(2)])
    // As it was proposed it is done.
    try directory.tamper(
      "UPDATE record SET leaf = x'\(AuditRecord.hexadecimal(signed.leaf))' WHERE sequence = \(whole)")
    _ = try await trail.perform(Self.approval(of: whole, closing: "b"))
    #expect(try reader.patientsHeld(for: "b").isEmpty)
    try trail.close()
  }

  /// Which key the log signs with says the folder, where the record that introduced it is damaged.
  @Test(arguments: TestStore.atHand) func aDamagedChangeOfKeyForbidsNoHold(_ store: TestStore) async throws {
    let (directory, trail) = try await Self.answered(in: store)
    let change = try await trail.rotateCheckpointKey(Self.deed(nil)).sequence
    _ = try await trail.append(AuditEntry(time: Self.noon, kind: .start))
    #expect(try Self.scope(directory, "a").damaged.isEmpty)
    try directory.tamper("UPDATE record SET leaf = x'0102' WHERE sequence = \(change)")
    let found = try Self.scope(directory, "a")
    #expect(found.patients.pseudonyms == (1...8).map(Self.patient) && found.damaged.runs == [change...change])
    _ = try await trail.perform(Self.hold("a"), showing: found.patients)
    #expect(try Self.scope(directory, "a").held == 8)
    // Neither the key of before nor any other.
    for signer in [nil, try directory.data.loadLogKey()] as [NoteKey?] {
      #expect(throws: AuditError.self) {
        try HoldScope(
          of: AuditReader(directory: directory.data), AuditReader.Search(), legalCase: "a",
          log: directory.data.loadLogKey(), signer: signer)
      }
    }
    try trail.close()
  }

  /// The one that writes holds them too, whatever it cannot read.
  @Test(arguments: TestStore.atHand) func anUnreadableRecordForbidsNoHold(_ store: TestStore) async throws {
    let (directory, trail) = try await Self.answered(in: store)
    try directory.tamper("UPDATE record SET leaf = x'0102' WHERE sequence = 2")
    let found = try Self.scope(directory, "a")
    #expect(found.patients.pseudonyms == [1, 3, 4, 5, 6, 7, 8].map(Self.patient) && found.damaged.runs == [2...2])
    _ = try await trail.perform(Self.hold("a"), showing: found.patients)
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.patientsHeld(for: "a") == Set(found.patients.pseudonyms))
    #expect(try Self.scope(directory, "a").held == 7)
    // A hold that cannot be read may be of any case: its patient is held anew.
    let hold = try trail.store.read { database in
      try database.number("SELECT sequence FROM hold WHERE pseudonym = ?", [.bytes(Self.patient(3))])
    }
    let number = try #require(hold)
    try directory.tamper("UPDATE record SET leaf = x'0102' WHERE sequence = \(number)")
    let again = try Self.scope(directory, "a")
    #expect(again.patients.pseudonyms == [Self.patient(3)] && again.held == 6)
    #expect(again.damaged.runs == [2...2, number...number])
    _ = try await trail.perform(Self.hold("a"), showing: again.patients)
    #expect(try reader.patientsHeld(for: "a") == Set(found.patients.pseudonyms))
    #expect(try Self.scope(directory, "a").held == 7)
    for patient in found.patients.pseudonyms.prefix(2) {
      await #expect(throws: AuditError(.held)) { try await trail.done(.erasure, to: patient) }
    }
    try trail.close()
  }
}
