// SPDX-License-Identifier: Apache-2.0
import Foundation
import Replay
import Testing

/// Public corpora that are never committed: `VIGIL_DATA_UNPACKED` names a folder with one folder an archive.
@Suite struct SharedDataTests {
  private func run(_ archive: String) throws -> ReplaySummary? {
    let root = ProcessInfo.processInfo.environment["VIGIL_DATA_UNPACKED"]
    guard let folder = root.map({ "\($0)/\(archive)" }), FileManager.default.fileExists(atPath: folder) else {
      print("skipped: \(archive) is not at hand; set VIGIL_DATA_UNPACKED")
      return nil
    }
    return try Samples.run(folder, lanes: 2).summary
  }

  @Test func intensiveCareExport() throws {
    guard let summary = try run("mimic-iv-demo-fhir") else { return }
    #expect(summary.charts == 100)
    #expect(summary.refused.total == 0)
    #expect(summary.documents > 150_000)
  }

  @Test func synthesisedRecords() throws {
    guard let summary = try run("synthea-r4-100") else { return }
    #expect(summary.charts == 100)
    #expect(summary.refused.total == 0)
  }

  @Test func examplesOfTheStandard() throws {
    guard let summary = try run("fhir-r4-examples/hl7-r4-examples") else { return }
    #expect(summary.documents > 2_000)
    #expect(summary.refused.total == 0)
  }
}
