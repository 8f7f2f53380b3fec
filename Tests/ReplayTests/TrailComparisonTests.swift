// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Foundation
import Replay
import Testing

@Suite struct TrailComparisonTests {
  static let instant = Instant(milliseconds: 1_773_321_600_000)

  /// A trail of hook answers and one bundle answer; `change` alters what is stored.
  private func trail(
    in folder: TemporaryFolder, _ change: (inout AuditEntry) -> Void = { _ in }
  ) async throws -> AuditReader {
    let assessor = try Samples.assessor.get()
    let data = DataDirectory(path: folder.path + "/trail")
    let trail = try AuditTrail(directory: data)
    func append(_ answer: Answer, mediaType: String) async throws {
      var entry = AuditEntry(time: Self.instant, kind: .answer)
      entry.service = answer.service
      entry.instant = answer.instant
      entry.configuration = AuditRecord.bytes(hexadecimal: assessor.digest)
      entry.models = assessor.packages.map {
        AuditEntry.Model(
          id: $0.manifest.id, version: $0.manifest.version, digest: AuditRecord.bytes(hexadecimal: $0.digest) ?? [])
      }
      entry.payload = AuditPayload(
        request: answer.request, requestMediaType: mediaType, features: answer.features, outputs: answer.outputs,
        response: answer.response, responseMediaType: answer.mediaType, thresholds: answer.thresholds)
      change(&entry)
      _ = try await trail.append(entry)
    }
    for name in ["septic", "sparse", "child"] {
      let request = try Samples.bytes("hooks/patient-view-\(name).json")
      try await append(
        try assessor.answer(
          try HookCall(request, service: "patient-risk", in: assessor.services), at: Self.instant),
        mediaType: "application/json")
    }
    try await append(
      try assessor.answer(
        bundle: try Samples.bytes("sparse.xml"), syntax: .xml, in: .json, at: Self.instant),
      mediaType: "application/fhir+xml")
    try trail.close()
    return try AuditReader(directory: data)
  }

  @Test func whatWasSaidIsSaidAgain() async throws {
    let folder = try TemporaryFolder()
    let comparison = try TrailComparison(try await trail(in: folder), assessor: try Samples.assessor.get())
    #expect(comparison.compared == 4)
    #expect(comparison.identical == 4)
    #expect(comparison.differences.isEmpty)
  }

  /// A card's name is made of the client that called, which the record names.
  @Test func aClientsCardIsTheSameAgain() async throws {
    let folder = try TemporaryFolder()
    let assessor = try Samples.assessor.get()
    let request = try Samples.bytes("hooks/patient-view-septic.json")
    let theirs = try assessor.answer(
      try HookCall(request, service: "patient-risk", in: assessor.services, from: "north"), at: Self.instant)
    let reader = try await trail(in: folder) { entry in
      guard entry.payload?.request == request else { return }
      entry.client = "north"
      entry.payload?.response = theirs.response
    }
    let comparison = try TrailComparison(reader, assessor: assessor)
    #expect(comparison.compared == 4 && comparison.identical == 4)
    let nobodys = try assessor.answer(
      try HookCall(request, service: "patient-risk", in: assessor.services), at: Self.instant)
    #expect(theirs.response != nobodys.response)
  }

  @Test func oneByteIsNamed() async throws {
    let folder = try TemporaryFolder()
    let reader = try await trail(in: folder) { entry in
      guard entry.payload?.requestMediaType == "application/fhir+xml" else { return }
      entry.payload?.response[40] ^= 1
    }
    let comparison = try TrailComparison(reader, assessor: try Samples.assessor.get())
    #expect(comparison.compared == 4)
    #expect(comparison.differences.map(\.sequence) == [4])
    #expect(comparison.differences.map(\.parts) == [[.response]])
  }

  @Test func anotherModelIsNamed() async throws {
    let folder = try TemporaryFolder()
    let shipped = try Samples.assessor.get()
    let other = Assessor(
      packages: Array(shipped.packages.dropLast()), terminology: shipped.terminology, services: shipped.services)
    let comparison = try TrailComparison(try await trail(in: folder), assessor: other)
    #expect(comparison.differences.count == 4)
    #expect(comparison.differences.allSatisfy { $0.parts.starts(with: [.configuration, .models]) })
  }

  @Test func aRecordThatCannotBeAnsweredIsNamed() async throws {
    let folder = try TemporaryFolder()
    let reader = try await trail(in: folder) { entry in
      if entry.service == "patient-risk" { entry.payload?.request = Array("{}".utf8) } else { entry.payload = nil }
    }
    let comparison = try TrailComparison(reader, assessor: try Samples.assessor.get())
    #expect(comparison.differences.prefix(3).allSatisfy { $0.parts == [.refused] })
    #expect(comparison.differences.last?.parts == [.noRequest])
  }

  /// An erasure takes away the requests of one patient, and no more.
  @Test func whatWasErasedIsLeftOutAndCounted() async throws {
    let folder = try TemporaryFolder()
    var first = [UInt8](repeating: 1, count: 32)
    _ = try await trail(in: folder) { entry in
      entry.patient = first
      first = [UInt8](repeating: 2, count: 32)
    }
    let directory = DataDirectory(path: folder.path + "/trail")
    let trail = try AuditTrail(directory: directory)
    var proposal = AuditEntry(time: Instant(milliseconds: 1_900_000_000_000), kind: .proposal)
    (proposal.outcome, proposal.origin, proposal.reason) = (Proposal.erasure.rawValue, "a", "r")
    proposal.patient = [UInt8](repeating: 1, count: 32)
    var approval = AuditEntry(time: Instant(milliseconds: 1_900_000_000_000), kind: .approval)
    approval.proposal = try await trail.perform(proposal)
    (approval.outcome, approval.origin) = (Proposal.erasure.rawValue, "b")
    _ = try await trail.perform(approval)
    try trail.close()
    let reader = try AuditReader(directory: directory)
    let comparison = try TrailComparison(reader, assessor: try Samples.assessor.get())
    #expect(comparison.erased == 1 && comparison.compared == 3 && comparison.differences.isEmpty)
  }
}
