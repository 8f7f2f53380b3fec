// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// A person's signature under records (21 CFR 11.50, 11.70).
@Suite struct SignatureTests {
  private func signature(_ records: ClosedRange<Int64>) -> AuditEntry {
    var entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_000), kind: .review)
    entry.origin = "j.doe"
    entry.reason = "reviewed"
    entry.note = "two overrides"
    entry.signature = AuditEntry.Signature(name: "Jane Doe", records: records)
    return entry
  }

  @Test(arguments: TestStore.atHand) func aSignatureStandsUnderItsRecordsAndInTheTree(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 0..<5 { _ = try await trail.append(fullEntry(number)) }
    #expect(try await trail.perform(signature(2...4)) == 6)
    #expect(try await trail.perform(signature(4...4)) == 7)
    try trail.close()
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.reviews(of: 1).map(\.sequence) == [])
    #expect(try reader.reviews(of: 2).map(\.sequence) == [6])
    #expect(try reader.reviews(of: 4).map(\.sequence) == [6, 7])
    let record = try reader.record(6)
    #expect(record.entry == signature(2...4))
    #expect(AuditRecord(leaf: record.leaf) == record)
    #expect(try reader.proof(of: 6).record(log: directory.data.loadLogKey()).entry == record.entry)
    let page = DecisionPage(try reader.record(4), feedback: [], reviews: try reader.reviews(of: 4)).html
    #expect(page.contains("Jane Doe") && page.contains("two overrides"))
    let anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    #expect(try TrailVerification(directory.data, against: anchors).isIntact)
  }

  /// Nobody signs what is not there, nor without a name, a user or a meaning.
  @Test(arguments: TestStore.atHand) func whatIsNoSignatureIsRefused(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 0..<3 { _ = try await trail.append(fullEntry(number)) }
    await #expect(throws: AuditError(.notFound, sequence: 4)) { try await trail.perform(signature(1...4)) }
    await #expect(throws: AuditError(.damaged)) { try await trail.perform(signature(0...1)) }
    for change in [
      { (entry: inout AuditEntry) in entry.signature?.name = "" }, { $0.signature = nil }, { $0.origin = nil },
      { $0.reason = "" },
    ] {
      var entry = signature(1...1)
      change(&entry)
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(entry) }
    }
    #expect(try await trail.perform(signature(1...3)) == 4)
    try trail.close()
  }

  /// Nobody signs that an erasure, a hold or a change of keys of their own was right, however the name is written.
  @Test(arguments: TestStore.atHand) func nobodyReviewsWhatWasTheirOwn(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 0..<3 { _ = try await trail.append(fullEntry(number)) }
    let patient = fullEntry(1).patient ?? []
    let deed = AuditTrail.Deed(user: " J.Doe", reason: "case", time: Instant(milliseconds: 1_700_000_000_000))
    _ = try await trail.hold(patient, deed)
    await #expect(throws: AuditError(.ownDeed, sequence: 4)) { try await trail.perform(signature(1...4)) }
    #expect(try await trail.perform(signature(1...3)) == 5)
    var other = signature(1...4)
    other.origin = "b.ndiaye"
    #expect(try await trail.perform(other) == 6)
    try trail.close()
  }
}
