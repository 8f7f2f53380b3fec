// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Testing

/// A destroyed data key that is put back out of a backup opens nothing and finds nobody.
@Suite struct TombstoneTests {
  @Test(arguments: TestStore.atHand) func aKeyThatWasPutBackOpensNothing(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    let erased = trail.pseudonyms.patient("erased")
    let kept = trail.pseudonyms.patient("kept")
    for patient in [erased, kept, erased] {
      var entry = fullEntry(1)
      entry.patient = patient
      _ = try await trail.append(entry)
    }
    let found = try trail.store.read { database in
      try database.query("SELECT id, wrapped FROM subject_key WHERE pseudonym = ?", [.bytes(erased)]) {
        (id: $0.number(0) ?? 0, wrapped: $0.bytes(1) ?? [])
      }
    }
    let key = try #require(found.first)
    let erasure = try await trail.done(.erasure, to: erased)
    try trail.close()
    try directory.tamper(
      """
      UPDATE subject_key SET wrapped = x'\(AuditRecord.hexadecimal(key.wrapped))',
        pseudonym = x'\(AuditRecord.hexadecimal(erased))' WHERE id = \(key.id)
      """)

    let reader = try AuditReader(directory: directory.data)
    #expect(throws: AuditError(.erased, sequence: 1)) { try reader.record(1) }
    #expect(try reader.record(2).entry.payload != nil)
    #expect(try reader.list(filter(of: erased), limit: 10) == [])
    #expect(try reader.list(filter(of: kept), limit: 10).map(\.sequence) == [2])
    #expect(try reader.answers(after: 0, limit: 10).map { $0.entry.payload == nil } == [true, false, true])
    let search = try AuditEventSearch([("patient.identifier", "erased")], trail.pseudonyms)
    #expect(try reader.auditEvents(search, before: nil, limit: 10, log: "l").events.isEmpty)

    // A start says so, and what is said of the patient from then on lies under a key of its own.
    let again = try AuditTrail(directory: directory.data)
    #expect(again.forbiddenKeys == 1)
    var entry = fullEntry(1)
    entry.patient = erased
    let next = try await again.append(entry)
    try again.close()
    #expect(try AuditReader(directory: directory.data).list(filter(of: erased), limit: 10).map(\.sequence) == [next])
    var anchors = TrailVerification.Anchors(log: again.logKey)
    anchors.root = try directory.data.loadRootKey()
    #expect(try TrailVerification(directory.data, against: anchors).faults.contains(TrailFault(.keyReturned, erasure)))
  }

  private func filter(of patient: [UInt8]) -> AuditReader.Filter {
    var filter = AuditReader.Filter()
    filter.patient = patient
    return filter
  }
}
