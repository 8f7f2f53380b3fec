// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Replay
import Testing

/// A trail that a service with packages of the first format wrote: two answers, to our own charts `sparse` and `child`.
@Suite struct EarlierTrailTests {
  private func reader(in folder: TemporaryFolder) throws -> AuditReader {
    let source = "\(Samples.root)/Tests/ReplayTests/Trails/format-1.sqlite"
    let directory = DataDirectory(path: folder.path + "/trail")
    try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: source, toPath: directory.trail)
    #expect(throws: AuditError(.olderSchema)) { try AuditReader(directory: directory) }
    // The key it was written with is not at hand; any will do for reading.
    _ = FileManager.default.createFile(
      atPath: directory.pseudonymKey, contents: Data(count: 32), attributes: [.posixPermissions: 0o600])
    // Starting to write brings it up to this version.
    try AuditTrail(directory: directory).close()
    return try AuditReader(directory: directory)
  }

  @Test func isReadWhole() throws {
    let folder = try TemporaryFolder()
    let reader = try reader(in: folder)
    let answers = try reader.answers(after: 0, limit: 10)
    #expect(answers.count == 2)
    for record in answers {
      let payload = try #require(record.entry.payload)
      #expect(record.entry.models.map(\.version) == ["1.0.0", "1.0.0"])
      let outputs = try Document(payload.outputs, syntax: .json).root
      #expect(Array(outputs.elements("findings")).count == 2 && outputs["models"] == nil)
      #expect(try Document(payload.response, syntax: .json).root["cards"]?.count == 2)
    }
  }

  @Test func isAnsweredAgainAndDiffersByItsModels() throws {
    let folder = try TemporaryFolder()
    let comparison = try TrailComparison(try reader(in: folder), assessor: try Samples.assessor.get())
    #expect(comparison.compared == 2 && comparison.differences.count == 2)
    for difference in comparison.differences {
      #expect(difference.parts.starts(with: [.configuration, .models]) && difference.parts.contains(.outputs))
    }
  }

  /// An amendment of a record of before data keys lies under the key that what it was made of was sealed under since, and goes with it.
  @Test func isAmendedUntilItsPatientIsErased() async throws {
    let folder = try TemporaryFolder()
    let reader = try reader(in: folder)
    let directory = DataDirectory(path: folder.path + "/trail")
    let noon = Instant(milliseconds: 1_900_000_000_000)
    func amendment(of number: Int64) -> AuditEntry {
      var entry = AuditEntry(time: noon, kind: .amendment)
      (entry.origin, entry.reason, entry.amends) = ("j.doe", "mistyped", number)
      entry.payload = AuditPayload(amendment: "80 kg")
      return entry
    }
    let patient = try #require(try reader.find(one: 2).entry.patient)
    let trail = try AuditTrail(directory: directory)
    #expect(try await trail.perform(amendment(of: 2)) == 5)
    #expect(try reader.record(5).entry.patient == patient)
    #expect(try reader.amendments(of: reader.find(one: 2)).map(\.entry.payload?.amendment) == ["80 kg"])
    await #expect(throws: AuditError(.notAmendable, sequence: 1)) { try await trail.perform(amendment(of: 1)) }
    var proposal = AuditEntry(time: noon, kind: .proposal)
    (proposal.outcome, proposal.origin, proposal.reason) = (Proposal.erasure.rawValue, "officer", "request")
    proposal.patient = patient
    var approval = AuditEntry(time: noon, kind: .approval)
    (approval.outcome, approval.origin) = (Proposal.erasure.rawValue, "second")
    approval.proposal = try await trail.perform(proposal)
    #expect(try await trail.perform(approval) == 8)
    // Who, when and why stay, and nothing is said against it any more: not when the patient has come back, either.
    let left = try reader.amendments(of: reader.find(one: 2))
    #expect(left.map(\.sequence) == [5] && left.first?.entry.payload == nil && left.first?.entry.origin == "j.doe")
    var back = try reader.record(3).entry
    (back.patient, back.time) = (patient, noon)
    for isBack in [false, true] {
      if isBack { _ = try await trail.append(back) }
      await #expect(throws: AuditError(.erased, sequence: 2)) { try await trail.perform(amendment(of: 2)) }
      let refusal = try #require(try reader.list(limit: 1).first).entry
      #expect(refusal.reason == "AUD013" && refusal.note == "amendment: record 2: mistyped" && refusal.patient == nil)
    }
    try trail.close()
    try expectIntact(directory, records: 11, opened: 2)
  }

  /// A whole folder of when payloads were zlib's under data keys: a start, two answers to the same charts, a stop.
  private func sealedWithDeflate(in folder: TemporaryFolder) throws -> DataDirectory {
    let directory = DataDirectory(path: folder.path + "/trail")
    try FileManager.default.copyItem(
      atPath: "\(Samples.root)/Tests/ReplayTests/Trails/format-2", toPath: directory.path)
    // A checkout does not keep who may read a file.
    for key in [directory.rootKey, directory.pseudonymKey, directory.checkpointKey] {
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    }
    return directory
  }

  @Test func ofDeflateIsReadAndVerifiedAsItIs() throws {
    let folder = try TemporaryFolder()
    let directory = try sealedWithDeflate(in: folder)
    let answers = try AuditReader(directory: directory).answers(after: 0, limit: 10)
    #expect(answers.map(\.sequence) == [2, 3] && answers.allSatisfy { $0.entry.payload != nil })
    try expectIntact(directory, records: 4, opened: 2)
  }

  @Test func ofDeflateIsWrittenOn() async throws {
    let folder = try TemporaryFolder()
    let directory = try sealedWithDeflate(in: folder)
    let before = try #require(try AuditReader(directory: directory).answers(after: 0, limit: 10).first?.entry)
    var again = before
    again.time = Instant(milliseconds: 1_900_000_000_000)
    let trail = try AuditTrail(directory: directory)
    #expect(try await trail.append(again) == 5)
    try trail.close()
    let answers = try AuditReader(directory: directory).answers(after: 0, limit: 10)
    #expect(answers.map(\.sequence) == [2, 3, 5])
    #expect(answers.first?.entry.payload == before.payload && answers.last?.entry.payload == before.payload)
    try expectIntact(directory, records: 5, opened: 3)
  }

  private func expectIntact(_ directory: DataDirectory, records: Int, opened: Int) throws {
    var anchors = TrailVerification.Anchors(log: try directory.loadLogKey())
    anchors.root = try directory.loadRootKey()
    let result = try TrailVerification(directory, against: anchors)
    #expect(result.faults == [])
    #expect(result.records == records && result.opened == opened)
  }
}
