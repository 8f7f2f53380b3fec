// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// Nobody erases, releases or unmasks alone.
@Suite struct ApprovalTests {
  private static let noon = Instant(milliseconds: 1_800_000_000_000)

  private func proposal(_ what: Proposal, of patient: [UInt8]?, by user: String, record: Int64? = nil) -> AuditEntry {
    var entry = AuditEntry(time: Self.noon, kind: .proposal)
    entry.outcome = what.rawValue
    entry.origin = user
    entry.reason = "case 17"
    entry.patient = patient
    entry.note = record.map(Proposal.note)
    return entry
  }

  private func approval(
    of number: Int64, _ what: Proposal = .erasure, by user: String, at time: Instant = noon
  ) -> AuditEntry {
    var entry = AuditEntry(time: time, kind: .approval)
    entry.origin = user
    entry.outcome = what.rawValue
    entry.proposal = number
    return entry
  }

  private func isIntact(_ directory: TemporaryDirectory) throws -> Bool {
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.root = try directory.data.loadRootKey()
    return try TrailVerification(directory.data, against: anchors).isIntact
  }

  @Test(arguments: TestStore.atHand) func anErasureIsTwoPeoples(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number)) }
    let patient = fullEntry(2).patient ?? []
    let proposed = try await trail.perform(proposal(.erasure, of: patient, by: "j.doe"))
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.record(2).entry.payload != nil, "nothing is done yet")
    for same in ["j.doe", " J.DOE\u{200B}"] {
      await #expect(throws: AuditError(.ownDeed, sequence: proposed)) {
        try await trail.perform(approval(of: proposed, by: same))
      }
    }
    await #expect(throws: AuditError(.damaged)) { try await trail.perform(approval(of: proposed, by: " ")) }
    await #expect(throws: AuditError(.notFound, sequence: 2)) {
      try await trail.perform(approval(of: 2, by: "b.ndiaye"))
    }
    await #expect(throws: AuditError(.notFound, sequence: 99)) {
      try await trail.perform(approval(of: 99, by: "b.ndiaye"))
    }
    #expect(try reader.record(2).entry.payload != nil)
    // A slip in what or when approves nothing.
    for wrong in [
      approval(of: proposed, .release, by: "b.ndiaye"),
      approval(of: proposed, by: "b.ndiaye", at: Self.noon.advanced(byHours: Proposal.openHours + 1)),
    ] {
      await #expect(throws: AuditError(.notFound, sequence: proposed)) { try await trail.perform(wrong) }
    }
    #expect(try reader.record(2).entry.payload != nil)
    let done = try await trail.perform(approval(of: proposed, by: "b.ndiaye"))
    #expect(throws: AuditError(.erased, sequence: 2)) { try reader.record(2) }
    let record = try reader.record(done)
    #expect(record.entry.kind == .erasure && record.entry.origin == "b.ndiaye" && record.entry.proposal == proposed)
    #expect(record.entry.reason == "case 17" && AuditRecord(leaf: record.leaf) == record)
    #expect(try reader.record(proposed).entry.origin == "j.doe")
    await #expect(throws: AuditError(.notFound, sequence: proposed)) {
      try await trail.perform(approval(of: proposed, by: "b.ndiaye"))
    }
    // What was refused is on record: twice the own proposal, five that wait for nobody, or not for that.
    let refused = try reader.list(limit: 20).filter { $0.entry.kind == .rejection }.compactMap(\.entry.reason)
    #expect(refused == ["AUD006", "AUD006", "AUD006", "AUD006", "AUD006", "AUD018", "AUD018"])
    try trail.close()
    #expect(try isIntact(directory))
  }

  /// What another process lays into the inbox is no way around.
  @Test(arguments: TestStore.atHand) func nobodyDoesItWithoutAProposal(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    for kind in AuditEntry.Kind.allCases where ![.read, .review, .proposal, .approval, .hold].contains(kind) {
      var entry = AuditEntry(time: Self.noon, kind: kind)
      entry.patient = fullEntry(1).patient
      entry.origin = "j.doe"
      entry.reason = "r"
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(entry) }
    }
    for what in [Proposal.erasure, .release] {
      await #expect(throws: AuditError(.unknownPatient)) {
        try await trail.perform(proposal(what, of: [UInt8](repeating: 9, count: 32), by: "j.doe"))
      }
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(proposal(what, of: nil, by: "j.doe")) }
    }
    try trail.close()
  }

  @Test(arguments: TestStore.atHand) func aHoldIsReleasedByTwo(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    let patient = fullEntry(1).patient ?? []
    _ = try await trail.hold(patient, .init(user: "j.doe", reason: "case", time: Self.noon))
    await #expect(throws: AuditError(.held)) { try await trail.perform(proposal(.erasure, of: patient, by: "j.doe")) }
    let proposed = try await trail.perform(proposal(.release, of: patient, by: "j.doe"))
    let other = try await trail.perform(proposal(.release, of: patient, by: "a.meyer"))
    _ = try await trail.perform(approval(of: proposed, .release, by: "b.ndiaye"))
    let late = approval(of: other, .release, by: "b.ndiaye")
    await #expect(throws: AuditError(.notFound)) { try await trail.perform(late) }
    let erasure = try await trail.perform(proposal(.erasure, of: patient, by: "j.doe"))
    // A hold that comes between the two goes before.
    _ = try await trail.hold(patient, .init(user: "court", reason: "case", time: Self.noon))
    await #expect(throws: AuditError(.held)) { try await trail.perform(approval(of: erasure, by: "b.ndiaye")) }
    // What was proposed before it releases nothing of it, whoever approves that now.
    await #expect(throws: AuditError(.notFound)) { try await trail.perform(late) }
    await #expect(throws: AuditError(.held)) { try await trail.perform(proposal(.erasure, of: patient, by: "j.doe")) }
    try trail.close()
    #expect(try isIntact(directory))
  }

  /// One record, one person, one day.
  @Test(arguments: TestStore.atHand) func whatNamesAPatientIsShownToWhomAnotherAllowedIt(_ store: TestStore)
    async throws
  {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...2 { _ = try await trail.append(fullEntry(number)) }
    let reader = try AuditReader(directory: directory.data)
    func isAllowed(_ user: String, _ sequence: Int64 = 1, hours: Double = 1) throws -> Bool {
      try reader.unmasking(of: sequence, for: user, at: Self.noon.advanced(byHours: hours)) != nil
    }
    let proposed = try await trail.perform(proposal(.unmasking, of: fullEntry(1).patient, by: "j.doe", record: 1))
    #expect(try !isAllowed("j.doe"))
    await #expect(throws: AuditError(.ownDeed, sequence: proposed)) {
      try await trail.perform(approval(of: proposed, .unmasking, by: "J. Doe".replacing(" ", with: "")))
    }
    let allowed = try await trail.perform(approval(of: proposed, .unmasking, by: "b.ndiaye"))
    #expect(try reader.unmasking(of: 1, for: "J.Doe", at: Self.noon)?.sequence == allowed)
    #expect(try !isAllowed("b.ndiaye") && !isAllowed("j.doe", 2) && isAllowed("j.doe", hours: 23.9))
    #expect(try !isAllowed("j.doe", hours: 24.1))
    try trail.close()
    #expect(try isIntact(directory))
  }

  /// Of what two people did, neither signs that it was right.
  @Test(arguments: TestStore.atHand) func neitherReviewsIt(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    let proposed = try await trail.perform(proposal(.erasure, of: fullEntry(1).patient, by: "j.doe"))
    let done = try await trail.perform(approval(of: proposed, by: "b.ndiaye"))
    var review = AuditEntry(time: Self.noon, kind: .review)
    review.reason = "approved"
    review.signature = AuditEntry.Signature(name: "Somebody", records: done...done)
    for user in ["j.doe", "b.ndiaye"] {
      review.origin = user
      await #expect(throws: AuditError(.ownDeed, sequence: done)) { try await trail.perform(review) }
    }
    review.origin = "a.meyer"
    #expect(try await trail.perform(review) == done + 1)
    try trail.close()
  }

  /// A masked record holds the inputs, the outputs and what the cards said, and nothing of who it is about.
  @Test func aMaskedRecordNamesNobody() throws {
    var entry = fullEntry(1)
    entry.payload = AuditPayload(
      request: Array(#"{"patient":"Quillfeather"}"#.utf8), requestMediaType: "application/json",
      features: Array(
        #"""
        [{"sources":[{"resource":"Observation/quill-1","value":4.5,"code":"8867-4"},\#
        {"resource":"Patient/quill","code":"Patient.birthDate","value":"1931-02-03","instant":"1931-02-03T00:00:00Z"},\#
        {"resource":"#quill-c","code":"8480-6"},{"resource":"https://ehr/fhir/patient/quill-8","code":"8480-6"},\#
        {"resource":"https://quill-host/quill-tenant/quill-10","code":"8480-6"},\#
        {"resource":"cohort:quill/7"},{"resource":"cohort:quill/71"}]}]
        """#.utf8),
      outputs: Array(#"{"models":[{"model":"m","findings":[]}]}"#.utf8),
      response: Array(
        #"{"cards":[{"uuid":"quill-uuid","summary":"Sepsis 40 %","indicator":"warning","detail":"because\n| Age | 95 years (charted 1931-02-03 ) | 67 | Patient/quill |\n| Lactate | 3 U/L (charted 27 mg/dL) | urn:uuid:quill | Observation/quill-7 | #quill-c |\n see https://ehr.example/fhir/patient/quill-9 and http://quill.example/a?b, cohort:quill/71 of Heart/Lung, Systolic/Diastolic, 3 U/L","source":{"label":"Vigil"},"suggestions":[{"label":"Test","actions":[{"resource":{"subject":"quill"}}]}],"links":[{"url":"https://quill"}]}]}"#
          .utf8), responseMediaType: "application/json", fetched: Array(#"{"k":["Quillfeather"]}"#.utf8),
      state: Array(#"{"pages":{"quill":"https://quill"}}"#.utf8))
    let record = AuditRecord(sequence: 1, entry: entry, commitment: nil)
    let page = DecisionPage(record, feedback: [], isMasked: true).html
    for text in [record.maskedJSON.text(), page] {
      #expect(!text.lowercased().contains("quill") && !text.contains("1931") && !text.contains("\u{2026}1"))
      for kept in [
        "Sepsis 40 %", "because", "95 years", "3 U/L (charted 27 mg/dL)", "Patient/\u{2026}", "Observation/", "8867-4",
        "4.5", "Test", "Heart/Lung", "Systolic/Diastolic", "3 U/L",
      ] { #expect(text.contains(kept)) }
    }
    #expect(record.json.text().contains("Quillfeather"))
    #expect(DecisionPage(record, feedback: []).html.contains("quill"))
  }
}
