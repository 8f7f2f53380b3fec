// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

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
    // Beside the token another patient, with the key and without it.
    let own = "(SELECT id FROM subject_key WHERE pseudonym = x'\(AuditRecord.hexadecimal(Self.patient(2)))')"
    for subject in [own, "NULL"] {
      try directory.tamper(
        """
        UPDATE record SET subject = \(subject), patient = x'\(AuditRecord.hexadecimal(Self.patient(1)))'
        WHERE sequence = \(one)
        """)
      await #expect(throws: AuditError(.damaged, sequence: one)) { try await trail.perform(Self.approval(of: one)) }
    }
    let refused = try reader.find(one: trail.size).entry
    #expect(refused.kind == .rejection && refused.reason == AuditError.Code.damaged.rawValue)
    #expect(refused.origin == Self.approval(of: one).origin && refused.patient == nil)
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
