// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// What is said about a patient can be read by nobody once their key is destroyed, and nothing else changes.
@Suite struct ErasureTests {
  static let canary = "Canary-Mustermann-4711"
  static let deed = AuditTrail.Deed(user: "officer", reason: "request", time: Instant(milliseconds: 1_800_000_000_000))

  private func entry(_ number: Int, patient: [UInt8]) -> AuditEntry {
    var entry = fullEntry(number)
    entry.patient = patient
    entry.payload?.response = Array(Self.canary.utf8)
    entry.payload?.request = Array((Self.canary + " \(number)").utf8)
    return entry
  }

  private func filesHold(_ wanted: [UInt8], in directory: TemporaryDirectory) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.data.path).filter { name in
      let content = FileManager.default.contents(atPath: directory.data.path + "/" + name) ?? Data()
      return content.range(of: Data(wanted)) != nil
    }
  }

  @Test func nothingLiesInPlainText() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let patient = trail.pseudonyms.patient(Self.canary)
    for number in 1...20 { _ = try await trail.append(entry(number, patient: patient)) }
    #expect(try filesHold(Array(Self.canary.utf8), in: directory) == [])
    try trail.close()
    #expect(try filesHold(Array(Self.canary.utf8), in: directory) == [])
  }

  @Test(arguments: TestStore.atHand) func anErasedPatientIsNeitherReadNorFound(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let erased = trail.pseudonyms.patient("erased")
    let kept = trail.pseudonyms.patient("kept")
    for number in 1...3 {
      _ = try await trail.append(entry(number, patient: erased))
      _ = try await trail.append(entry(number, patient: kept))
    }
    let keys = try trail.store.read { database in
      try database.query("SELECT wrapped FROM subject_key WHERE pseudonym = ?", [.bytes(erased)]) { $0.bytes(0) ?? [] }
    }
    let wrapped = try #require(keys.first)
    let before = try AuditReader(directory: directory.data).proof(of: 1)
    #expect(try await trail.done(.erasure, to: erased) == 8)

    let reader = try AuditReader(directory: directory.data)
    var filter = AuditReader.Filter()
    filter.patient = erased
    #expect(try reader.list(filter, limit: 10) == [])
    filter.patient = kept
    #expect(try reader.list(filter, limit: 10).count == 3)
    #expect(throws: AuditError(.erased, sequence: 1)) { try reader.record(1) }
    #expect(try reader.record(2).entry.payload != nil)
    // The record stays, without a word of whose it was.
    #expect(try reader.list(limit: 10).last?.entry.patient == nil)
    let log = trail.logKey
    #expect(try before.record(log: log).sequence == 1)
    #expect(try reader.proof(of: 1).record(log: log).sequence == 1)
    // Neither key nor pseudonym is left in any file, freed pages and the write-ahead log included.
    #expect(try filesHold(wrapped, in: directory) == [])
    #expect(try filesHold(erased, in: directory) == [])

    var anchors = TrailVerification.Anchors(log: log)
    anchors.root = try directory.data.loadRootKey()
    let result = try TrailVerification(directory.data, against: anchors)
    #expect(result.isIntact && result.erased == 3 && result.opened == 3)

    // They come back as a new patient.
    _ = try await trail.append(entry(9, patient: erased))
    filter.patient = erased
    #expect(try AuditReader(directory: directory.data).list(filter, limit: 10).map(\.sequence) == [9])
    #expect(try AuditReader(directory: directory.data).record(9).entry == entry(9, patient: erased))

    // A key that comes back out of an old copy is seen.
    try directory.tamper(
      "UPDATE subject_key SET wrapped = x'\(AuditRecord.hexadecimal(wrapped))' WHERE wrapped IS NULL")
    let returned = try TrailVerification(directory.data, against: anchors)
    #expect(returned.faults.map(\.code).filter(\.isFault) == [.keyReturned])
  }

  @Test(arguments: TestStore.atHand) func aLegalHoldForbidsIt(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let patient = trail.pseudonyms.patient("p")
    _ = try await trail.append(entry(1, patient: patient))
    _ = try await trail.hold(patient, Self.deed)
    await #expect(throws: AuditError(.held)) { try await trail.done(.erasure, to: patient) }
    _ = try await trail.done(.release, to: patient)
    await #expect(throws: AuditError(.notFound)) { try await trail.done(.release, to: patient) }
    // The two refusals are records 3 and 6.
    #expect(try await trail.done(.erasure, to: patient) == 8)
    #expect(try filesHold(patient, in: directory) == [], "the list of holds forgets whose they were")
    let result = try TrailVerification(directory.data, against: .init(log: trail.logKey))
    #expect(result.faults == [])
    await #expect(throws: AuditError(.unknownPatient)) { try await trail.done(.erasure, to: patient) }
    #expect(
      try AuditReader(directory: directory.data).list(limit: 9).map(\.entry.kind) == [
        .rejection, .erasure, .proposal, .rejection, .release, .proposal, .rejection, .hold, .answer,
      ])
    let refusals = try AuditReader(directory: directory.data).list(limit: 9).map(\.entry).filter {
      $0.kind == .rejection
    }
    #expect(refusals.map(\.reason) == ["AUD031", "AUD006", "AUD012"] && refusals.allSatisfy { $0.origin == "officer" })
    #expect(refusals.map(\.note) == ["erasure: request", "release: request", "erasure: request"])
  }

  /// An erasure that goes ahead of a hold in the queue leaves nobody to hold, and the hold makes no key anew.
  @Test func whoWasErasedMeanwhileIsNotHeld() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let patient = trail.pseudonyms.patient("p1")
    _ = try await trail.append(entry(1, patient: patient))
    var proposal = AuditEntry(time: Self.deed.time, kind: .proposal)
    (proposal.outcome, proposal.origin) = (Proposal.erasure.rawValue, Self.deed.user)
    (proposal.reason, proposal.patient) = ("request", patient)
    var approval = AuditEntry(time: Self.deed.time, kind: .approval)
    (approval.proposal, approval.outcome) = (try await trail.perform(proposal), Proposal.erasure.rawValue)
    approval.origin = "second"
    func waiting(_ count: Int) async throws {
      for _ in 0..<2000 where trail.waitingCount != count { try await Task.sleep(for: .milliseconds(5)) }
      #expect(trail.waitingCount == count)
    }
    trail.writer.suspend()
    let erasure = Task { [approval] in try await trail.perform(approval) }
    try await waiting(1)
    let hold = Task { try await trail.hold(patient, Self.deed) }
    try await waiting(2)
    trail.writer.resume()
    await #expect(throws: AuditError(.unknownPatient)) { try await hold.value }
    _ = try await erasure.value
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL") } == 0)
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM hold") } == 0)
    try trail.close()
  }

  /// One who has yet to come is held when that is said, and not by a slip in the identifier.
  @Test(arguments: TestStore.atHand) func aPatientIsHeldAhead(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let patient = trail.pseudonyms.patient("to come")
    var hold = Self.deed.holding(patient)
    await #expect(throws: AuditError(.unknownPatient)) { try await trail.perform(hold) }
    hold.outcome = AuditEntry.ahead
    let sequence = try await trail.perform(hold)
    #expect(try AuditReader(directory: directory.data).find(one: sequence).entry == hold)
    _ = try await trail.append(entry(1, patient: patient))
    await #expect(throws: AuditError(.held)) { try await trail.done(.erasure, to: patient) }
    #expect(
      try TrailVerification(directory.data, against: .init(log: trail.logKey)).faults.filter(\.code.isFault) == [])
    try trail.close()
  }

  /// An answer that is under way while its patient is erased is not lost, and is not sealed under the key that is gone.
  @Test(arguments: TestStore.atHand) func answersThatMeetAnErasureAreUnderAKeyOfTheirOwn(_ store: TestStore)
    async throws
  {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let patient = trail.pseudonyms.patient("p")
    for number in 1...10 {
      _ = try await trail.append(entry(number, patient: patient))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for other in 1...16 {
          group.addTask { _ = try await trail.append(entry(other, patient: patient)) }
          if other == 8 { group.addTask { _ = try await trail.done(.erasure, to: patient) } }
        }
        try await group.waitForAll()
      }
    }
    var anchors = TrailVerification.Anchors(log: trail.logKey)
    anchors.root = try directory.data.loadRootKey()
    let result = try TrailVerification(directory.data, against: anchors)
    #expect(result.isIntact, "\(result.faults)")
    #expect(result.records == 190 && result.opened + result.erased == 170)
    let reader = try AuditReader(directory: directory.data)
    let last = try #require(try reader.list(limit: 1).first)
    let erasure = try #require(try reader.list(limit: 190).first { $0.entry.kind == .erasure })
    for sequence in (erasure.sequence + 1)..<(last.sequence + 1) {
      #expect(try reader.record(sequence).entry.payload != nil, "committed after the last erasure, and readable")
    }
  }

  /// Whoever looks for somebody whom the trail does not know, or no longer, leaves neither key nor pseudonym behind.
  @Test(arguments: TestStore.atHand) func readingMakesNoKey(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let (known, erased, unknown) = (
      trail.pseudonyms.patient("known"), trail.pseudonyms.patient("erased"), trail.pseudonyms.patient("unknown")
    )
    for patient in [known, erased] { _ = try await trail.append(entry(1, patient: patient)) }
    _ = try await trail.done(.erasure, to: erased)
    func keys() throws -> Int64? { try trail.store.read { try $0.number("SELECT count(*) FROM subject_key") } }
    #expect(try keys() == 2)
    for patient in [known, erased, unknown] {
      for kind in [AuditEntry.Kind.read, .rejection] {
        var reading = AuditEntry(time: Self.deed.time, kind: kind)
        reading.origin = "officer"
        reading.note = "list"
        reading.patient = patient
        let sequence = try await kind == .read ? trail.perform(reading) : trail.append(reading)
        let record = try AuditReader(directory: directory.data).record(sequence)
        #expect(record.entry.origin == "officer" && record.entry.note == "list")
        #expect(
          record.entry.patient == (patient == known ? known : nil) && (record.subject == nil) == (patient != known))
      }
    }
    for what in [Proposal.release, .erasure] {
      await #expect(throws: AuditError(.unknownPatient)) { try await trail.done(what, to: unknown) }
    }
    await #expect(throws: AuditError(.unknownPatient)) { try await trail.hold(unknown, Self.deed) }
    let reader = try AuditReader(directory: directory.data)
    for patient in [erased, unknown] {
      #expect(throws: AuditError(.unknownPatient)) { try reader.requireKnown(patient) }
    }
    try reader.requireKnown(known)
    let refused = try reader.list(limit: 3)
    #expect(refused.allSatisfy { $0.entry.reason == "AUD031" && $0.entry.patient == nil && $0.subject == nil })
    #expect(refused.map(\.entry.note) == ["hold: request", "erasure: request", "release: request"])
    // Nor does a later record store a key that was made meanwhile.
    _ = try await trail.append(entry(2, patient: known))
    #expect(try keys() == 2)
    try trail.close()
    for patient in [erased, unknown] { #expect(try filesHold(patient, in: directory) == []) }
  }

  /// An erasure is done and on record also where a verification or a backup in another process holds on to an older state; what was
  /// destroyed is wiped when that has ended.
  @Test func whatAReaderHoldsOnToIsWipedWhenItHasEnded() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let patient = trail.pseudonyms.patient("p")
    _ = try await trail.append(entry(1, patient: patient))
    let wrapped = try #require(
      try await trail.database.read { try Data.fetchOne($0, sql: "SELECT wrapped FROM subject_key") })
    let other = try DatabaseQueue(path: directory.data.trail)
    let (isHeld, isOver, isClosed) = (
      DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
    )
    DispatchQueue(label: "reader").async {
      try? other.read { database in
        _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM record")
        isHeld.signal()
        isOver.wait()
      }
      try? other.close()
      isClosed.signal()
    }
    isHeld.wait()
    #expect(try await trail.done(.erasure, to: patient) == 3)
    #expect(!trail.isWiped)
    #expect(try filesHold(Array(wrapped), in: directory) != [], "else nothing is held on to")
    // The trail goes on meanwhile.
    await trail.finishWiping()
    #expect(!trail.isWiped)
    #expect(try await trail.append(entry(2, patient: trail.pseudonyms.patient("q"))) == 4)
    isOver.signal()
    isClosed.wait()
    await trail.finishWiping()
    #expect(trail.isWiped)
    #expect(try filesHold(Array(wrapped), in: directory) == [])
    #expect(try filesHold(patient, in: directory) == [])
    try trail.close()
  }

  /// A reading that comes while the first answer of a patient is under way brings no key that the answer may never bring.
  @Test func aReadingBringsNoKeyThatIsNotStoredYet() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let patient = trail.pseudonyms.patient("p")
    // The writer is held until both wait.
    let gate = DispatchSemaphore(value: 0)
    trail.writer.async { gate.wait() }
    let first = entry(1, patient: patient)
    async let answer = trail.append(first)
    while trail.waitingCount < 1 { await Task.yield() }
    var reading = AuditEntry(time: Self.deed.time, kind: .read)
    reading.patient = patient
    async let read = trail.append(reading)
    while trail.waitingCount < 2 { await Task.yield() }
    gate.signal()
    #expect(try await answer == 1)
    let record = try AuditReader(directory: directory.data).record(try await read)
    #expect(record.subject == nil && record.entry.patient == nil)
    try trail.close()
  }

  @Test(arguments: TestStore.atHand) func withoutTheRootKeyNothingIsOpened(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(entry(1, patient: trail.pseudonyms.patient("p")))
    try trail.close()
    try FileManager.default.removeItem(atPath: directory.data.rootKey)
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.list(limit: 1).count == 1)
    #expect(throws: AuditError(.keyUnusable)) { try reader.record(1) }
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directory.data) }
  }
}

extension AuditTrail.Deed {
  /// A hold as it is asked for.
  fileprivate func holding(_ patient: [UInt8]) -> AuditEntry {
    var entry = AuditEntry(time: time, kind: .hold)
    (entry.origin, entry.reason, entry.patient) = (user, reason, patient)
    return entry
  }
}
