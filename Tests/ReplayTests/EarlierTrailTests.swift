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
}
