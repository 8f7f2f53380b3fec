// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// What was kept for as long as it had to be is destroyed, by two people, and nothing else.
@Suite struct RetentionTests {
  private static let day: Int64 = 86_400_000
  private static let now = Instant(milliseconds: 1_800_000_000_000)

  private func answer(_ patient: UInt8, daysAgo: Int64, client: String = "ehr") -> AuditEntry {
    var entry = fullEntry(Int(patient))
    entry.patient = [UInt8](repeating: patient, count: 32)
    entry.client = client
    entry.time = Instant(milliseconds: Self.now.milliseconds - daysAgo * Self.day)
    return entry
  }

  /// Five patients: gone for long; come back; held; of another client; gone for long and read of lately. And something of nobody's.
  private func trail(in store: TestStore) async throws -> (directory: TemporaryDirectory, trail: AuditTrail) {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    var nobodys = answer(0, daysAgo: 4000)
    nobodys.patient = nil
    for entry in [
      answer(1, daysAgo: 4000), answer(1, daysAgo: 3651), answer(2, daysAgo: 4000), answer(2, daysAgo: 10),
      answer(3, daysAgo: 4000), answer(4, daysAgo: 4000, client: "south"), answer(5, daysAgo: 4000), nobodys,
    ] {
      _ = try await trail.append(entry)
    }
    _ = try await trail.hold([UInt8](repeating: 3, count: 32), .init(user: "court", reason: "case", time: Self.now))
    // Of what is said about the treatment afterwards it is none.
    var amendment = AuditEntry(time: Self.now, kind: .amendment)
    (amendment.origin, amendment.reason, amendment.amends) = ("officer", "mistyped", 1)
    amendment.payload = AuditPayload(amendment: "80 kg")
    _ = try await trail.perform(amendment)
    var read = AuditEntry(time: Self.now, kind: .read)
    read.patient = [UInt8](repeating: 5, count: 32)
    read.origin = "officer"
    _ = try await trail.append(read)
    return (directory, trail)
  }

  private func retention(
    _ directory: TemporaryDirectory, days: Int64, client: String? = nil
  ) throws -> Retention {
    try Retention(
      of: AuditReader(directory: directory.data),
      before: Instant(milliseconds: Self.now.milliseconds - days * Self.day), client: client,
      log: directory.data.loadLogKey())
  }

  private func proposal(days: Int64, client: String? = nil) -> AuditEntry {
    var entry = AuditEntry(time: Self.now, kind: .proposal)
    entry.outcome = Proposal.purge.rawValue
    entry.origin = "j.doe"
    entry.reason = "yearly"
    entry.client = client
    entry.instant = Instant(milliseconds: Self.now.milliseconds - days * Self.day)
    return entry
  }

  private func approval(of number: Int64, by user: String = "b.ndiaye") -> AuditEntry {
    var entry = AuditEntry(time: Self.now, kind: .approval)
    entry.origin = user
    entry.outcome = Proposal.purge.rawValue
    entry.proposal = number
    return entry
  }

  @Test(arguments: TestStore.atHand) func whomItIsAboutIsCounted(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    try trail.close()
    let all = try retention(directory, days: 3650)
    #expect(all.patients.count == 3 && all.payloads == 5 && all.held == 1 && all.records == 11)
    #expect(try retention(directory, days: 3650, client: "south").payloads == 1)
    // The amendment is of the client of its record.
    #expect(try retention(directory, days: 3650, client: "ehr").payloads == 4)
    #expect(try retention(directory, days: 3650, client: "none").patients.isEmpty)
    // The last record counts, to the moment.
    #expect(try retention(directory, days: 3651).patients.count == 2)
    #expect(try retention(directory, days: 4000).patients.isEmpty)
    #expect(try retention(directory, days: 9).patients.count == 4)
  }

  @Test(arguments: TestStore.atHand) func whatHadToBeKeptIsKept(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    let proposed = try await trail.perform(proposal(days: 3650, client: "ehr"))
    await #expect(throws: AuditError(.ownDeed, sequence: proposed)) {
      try await trail.perform(approval(of: proposed, by: "J.Doe"))
    }
    let done = try await trail.perform(approval(of: proposed))
    let reader = try AuditReader(directory: directory.data)
    for sequence in [1, 2, 7] as [Int64] {
      #expect(throws: AuditError(.erased, sequence: sequence)) { try reader.record(sequence) }
    }
    for sequence in [3, 4, 5, 6, 8] as [Int64] { #expect(try reader.record(sequence).entry.payload != nil) }
    let record = try reader.record(done).entry
    #expect(record.kind == .erasure && record.outcome == "purge" && record.proposal == proposed)
    #expect(record.origin == "b.ndiaye" && record.client == "ehr" && record.reason == "yearly")
    // Once, and then there is nobody left.
    await #expect(throws: AuditError(.notFound, sequence: proposed)) { try await trail.perform(approval(of: proposed)) }
    let again = try await trail.perform(proposal(days: 3650, client: "ehr"))
    await #expect(throws: AuditError(.notFound)) { try await trail.perform(approval(of: again)) }
    // The purged patient comes back as a new one.
    let back = try await trail.append(answer(1, daysAgo: 0))
    #expect(try reader.record(back).entry.payload != nil)
    try trail.close()
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.root = try directory.data.loadRootKey()
    let result = try TrailVerification(directory.data, against: anchors)
    #expect(result.isIntact && result.erased == 4 && result.opened == 6, "\(result.faults)")
  }

  /// A column that says that a record is older than its leaf does ends no retention.
  @Test(arguments: TestStore.atHand) func anEditedTrailIsNotPurged(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    let proposed = try await trail.perform(proposal(days: 3650))
    try directory.tamper("UPDATE record SET time = 0")
    #expect(try retention(directory, days: 3650).payloads == 5)
    try directory.tamper("UPDATE record SET leaf = (SELECT leaf FROM record WHERE sequence = 3) WHERE sequence = 4")
    await #expect(throws: AuditError.self) { try await trail.perform(approval(of: proposed)) }
    #expect(try AuditReader(directory: directory.data).record(1).entry.payload != nil)
    try trail.close()
  }

  @Test(arguments: TestStore.atHand) func whatIsNoPurgeIsRefused(_ store: TestStore) async throws {
    let (_, trail) = try await trail(in: store)
    var entry = proposal(days: -1)
    await #expect(throws: AuditError(.damaged)) { try await trail.perform(entry) }
    entry.instant = nil
    await #expect(throws: AuditError(.damaged)) { try await trail.perform(entry) }
    try trail.close()
  }
}
