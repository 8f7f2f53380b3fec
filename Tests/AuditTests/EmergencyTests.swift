// SPDX-License-Identifier: Apache-2.0
import Audit
import Dispatch
import FHIR
import Testing

/// What is read in an emergency is read by one person, and looked at by another afterwards.
@Suite struct EmergencyTests {
  private static let now = ErasureTests.deed.time

  private func review(_ records: ClosedRange<Int64>, by user: String) -> AuditEntry {
    var review = AuditEntry(time: Self.now, kind: .review)
    (review.origin, review.reason) = (user, "justified")
    review.signature = AuditEntry.Signature(name: "Somebody", records: records)
    return review
  }

  @Test(arguments: TestStore.atHand) func itWaitsForAnothersSignature(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number)) }
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.unsignedEmergencies().isEmpty)
    let record = try reader.record(2)
    for (user, reason) in [("", "unconscious"), (" ", "unconscious"), ("j.doe", ""), ("j.doe", " ")] {
      let reading = EmergencyReading.entry(of: record, by: user, because: reason, at: Self.now)
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(reading) }
    }
    let reading = EmergencyReading.entry(of: record, by: "j.doe", because: "unconscious", at: Self.now)
    let sequence = try await trail.perform(reading)
    let other = try await trail.perform(reading)
    #expect(sequence == 4 && other == 5)
    let found = try #require(try reader.unsignedEmergencies().first)
    #expect(found.sequence == 4 && found.entry.origin == "j.doe" && found.entry.reason == "unconscious")
    #expect(found.entry.patient == fullEntry(2).patient && found.entry.note?.contains("show 2") == true)
    #expect(found.auditEvent(log: "log").text().contains("BTG"))
    #expect(try !reader.record(1).auditEvent(log: "log").text().contains("BTG"))
    // Whoever follows has each once.
    var queue = try await trail.followed(EmergencyQueue())
    #expect(queue.waiting.map(\.sequence) == [4, 5])
    queue = try await trail.followed(queue)
    #expect(queue.waiting.map(\.sequence) == [4, 5])
    // Not by their own signature, whatever stands around it.
    for (records, user) in [(4...4, "J.Doe"), (1...5, "j.doe")] as [(ClosedRange<Int64>, String)] {
      await #expect(throws: AuditError(.ownDeed, sequence: records.upperBound == 4 ? 4 : 5)) {
        try await trail.perform(review(records, by: user))
      }
    }
    _ = try await trail.perform(review(1...4, by: "a.meyer"))
    #expect(try reader.unsignedEmergencies().map(\.sequence) == [5])
    queue = try await trail.followed(queue)
    #expect(queue.waiting.map(\.sequence) == [5])
    _ = try await trail.perform(review(5...5, by: "a.meyer"))
    #expect(try reader.unsignedEmergencies().isEmpty)
    #expect(try await trail.followed(queue).waiting.isEmpty)
    #expect(try await trail.followed(EmergencyQueue()).waiting.isEmpty)
    try trail.close()
  }

  /// A signature under a record that is not there yet would be one's own, were that the next that one does.
  @Test func nobodySignsAhead() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    let record = try AuditReader(directory: directory.data).record(1)
    // The writer is held up, and what comes behind it waits.
    let (begun, tell) = AsyncStream<Void>.makeStream()
    let gate = DispatchSemaphore(value: 0)
    async let held = trail.append(fullEntry(2)) { _, _ in
      tell.yield()
      gate.wait()
    }
    for await _ in begun { break }
    async let reading = trail.perform(EmergencyReading.entry(of: record, by: "j.doe", because: "r", at: Self.now))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let error = await #expect(throws: AuditError.self) { try await trail.perform(review(1...3, by: "j.doe")) }
        #expect(error?.code == .notFound || error?.code == .ownDeed)
      }
      group.addTask { while trail.waitingCount == 0, !Task.isCancelled { await Task.yield() } }
      try await group.next()
      group.cancelAll()
      gate.signal()
      try await group.waitForAll()
    }
    #expect(try await held == 2)
    #expect(try await reading == 3)
    try trail.close()
  }

  /// Whoever follows the trail may come behind its end.
  @Test func aClosedTrailIsSaidToBe() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try trail.close()
    await #expect(throws: AuditError(.closed)) { try await trail.followed(EmergencyQueue()) }
    #expect(throws: AuditError(.closed)) { try trail.store.read { _ in true } }
    #expect(throws: AuditError(.closed)) { try trail.store.write { _ in true } }
    #expect(throws: AuditError(.closed)) { try trail.store.wipe() }
    #expect(throws: AuditError(.closed)) { try trail.store.isSound() }
  }

  /// A reading of another outcome is none, and an operator's word of that name neither.
  @Test func nothingElseWaits() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    var entry = AuditEntry(time: Self.now, kind: .control)
    entry.outcome = "emergency"
    _ = try await trail.append(entry)
    _ = try await trail.append(AuditEntry(time: Self.now, kind: .read))
    #expect(try AuditReader(directory: directory.data).unsignedEmergencies().isEmpty)
    try trail.close()
  }
}
