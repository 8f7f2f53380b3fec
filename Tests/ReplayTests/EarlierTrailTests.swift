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
