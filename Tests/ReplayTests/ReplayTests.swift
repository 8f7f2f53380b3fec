// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Foundation
import Replay
import Testing

@Suite struct ReplayTests {
  @Test(arguments: Samples.charts) func bothSyntaxesGiveTheSameRows(_ name: String) throws {
    let json = try Samples.run(Samples.path("\(name).json"))
    let xml = try Samples.run(Samples.path("\(name).xml"))
    #expect(!json.rows.isEmpty)
    #expect(json.rows.map(Samples.text) == xml.rows.map(Samples.text))
    #expect(json.summary.isClean && xml.summary.isClean)
    #expect(json.summary.models == xml.summary.models)
    #expect(json.summary.charts == json.rows.count)
  }

  /// After a change that is meant, `VIGIL_UPDATE_GOLDENS=1 swift test -c release --filter ReplayTests` writes it anew.
  @Test func rowsAreAsTheyWere() throws {
    let rows = try Samples.charts.flatMap { try Samples.run(Samples.path("\($0).json")).rows }
    let text = rows.map { Samples.text($0) + "\n" }.joined()
    let file = URL(filePath: Samples.path("rows.ndjson.txt"))
    if ProcessInfo.processInfo.environment["VIGIL_UPDATE_GOLDENS"] != nil { try Data(text.utf8).write(to: file) }
    #expect(text == String(decoding: try Data(contentsOf: file), as: UTF8.self))
  }

  /// The row in the guide is the first that the command prints.
  @Test func theGuideShowsARow() throws {
    let guide = try String(contentsOf: URL(filePath: "\(Samples.root)/docs/analysts.md"), encoding: .utf8)
    let shown = try #require(guide.split(separator: "```json\n").dropFirst().first?.split(separator: "```").first)
    let example = JSON(
      try Document(Array(shown.replacing(",\n              ...]", with: "]").utf8), syntax: .json).root)
    let row = try #require(try Samples.run(Samples.path("septic-deterioration.json")).rows.first).json
    for member in ["patient", "at"] { #expect(example[member] == row[member]) }
    guard case .array(let shownFindings)? = example["findings"], case .array(let findings)? = row["findings"] else {
      throw FHIRError(.empty)
    }
    #expect(shownFindings.first == findings.first)
  }

  @Test(arguments: ["septic-deterioration", "sparse", "child", "mixed-patients"])
  func linesByTypeGiveWhatTheBundleGives(_ name: String) throws {
    let folder = try TemporaryFolder()
    for (type, lines) in try Samples.lines(of: name) {
      try folder.write("export/\(type).ndjson", Array(lines.joined(separator: "\n").utf8))
    }
    // Nobody reads these; they are counted and go.
    try folder.write("export/Claim.ndjson", Array(#"{"resourceType":"Claim","id":"c"}"#.utf8))
    let bundle = try Samples.run(Samples.path("\(name).json"))
    let export = try Samples.run(folder.path)
    func findings(_ rows: [ReplayRow]) -> [String] {
      rows.map { row in
        "\(row.patientID ?? "") \(row.json["findings"].map { String(decoding: $0.encoded(), as: UTF8.self) } ?? "")"
      }
      .sorted()
    }
    // References by fullUrl need the Bundle, which an export has not: there the patients named by id are compared.
    if name != "mixed-patients" {
      #expect(findings(export.rows) == findings(bundle.rows))
    } else {
      #expect(Set(bundle.rows.compactMap(\.patientID)).isSubset(of: Set(export.rows.compactMap(\.patientID))))
    }
    let lines = try Samples.lines(of: name).values.reduce(0) { $0 + $1.count }
    #expect(export.summary.documents == lines + 1)
  }

  /// Line ends of either kind, blank lines, a bad first line and a last one without an end: with the name and without.
  @Test(arguments: ["ndjson", "json"], ["\n", "\r\n"])
  func linesAreKnownWhateverTheirEnds(suffix: String, end: String) throws {
    let folder = try TemporaryFolder()
    let lines = try Samples.lines(of: "sparse").sorted { $0.key < $1.key }.flatMap(\.value)
    let good = try Samples.run(try folder.write("good.ndjson", Array(lines.joined(separator: "\n").utf8)))
    let text = ([#"{"resourceType":"Patient","#, ""] + lines).joined(separator: end)
    let bad = try Samples.run(try folder.write("bad.\(suffix)", Array(text.utf8)))
    #expect(bad.rows.map(Samples.text) == good.rows.map(Samples.text))
    #expect(bad.summary.refused.total == 1)
    #expect(bad.summary.problems.first?.line == 1)
  }

  @Test func aBadLineIsCountedAndTheRestGoesOn() throws {
    let folder = try TemporaryFolder()
    var lines = try Samples.lines(of: "sparse").sorted { $0.key < $1.key }.flatMap(\.value)
    let good = try Samples.run(try folder.write("good.ndjson", Array(lines.joined(separator: "\n").utf8)))
    lines.insert(#"{"resourceType":"Observation","id":"#, at: 2)
    lines.insert("", at: 4)
    let bad = try Samples.run(try folder.write("bad.ndjson", Array(lines.joined(separator: "\n").utf8)))
    #expect(bad.rows.map(Samples.text) == good.rows.map(Samples.text))
    #expect(!bad.summary.isClean && good.summary.isClean)
    #expect(bad.summary.refused.total == 1)
    #expect(bad.summary.problems.first?.line == 3)
    // The name is not what tells: lines are known by themselves.
    let unnamed = try Samples.run(try folder.write("lines.json", Array(lines.joined(separator: "\n").utf8)))
    #expect(unnamed.rows.map(Samples.text) == good.rows.map(Samples.text))
    #expect(unnamed.summary.refused == bad.summary.refused)
  }

  @Test func aHookRequestIsTheChartOfItsPrefetch() throws {
    let hook = try Samples.run(Samples.path("hooks/patient-view-septic.json"))
    let bundle = try Samples.run(Samples.path("septic-deterioration.json"))
    #expect(hook.rows.count == 1)
    #expect(
      hook.rows.first?.assessment?.findings.map(\.conclusion)
        == bundle.rows.first?.assessment?.findings.map(\.conclusion))
  }

  @Test func lanesChangeNothing() throws {
    let one = try Samples.run(Samples.path(""), lanes: 1)
    let four = try Samples.run(Samples.path(""), lanes: 4)
    #expect(one.rows.count > 25)
    #expect(one.rows.map(\.json) == four.rows.map(\.json))
    #expect(one.summary == four.summary)
  }

  @Test func whatEmitThrowsEndsTheRun() throws {
    struct Full: Error {}
    let inputs = try ChartInput.inputs(at: Samples.path(""))
    var given = 0
    #expect(throws: Full.self) {
      _ = try Samples.replay(lanes: 2).run(inputs) { _ in
        given += 1
        if given == 3 { throw Full() }
      }
    }
    #expect(given == 3)
  }

  @Test func summariesCountEachThingOnce() throws {
    let folder = try TemporaryFolder()
    // Two patients in one export, and one measurement of nobody: left out once, though both charts tell of it.
    var lines = try Samples.lines(of: "sparse").flatMap(\.value) + Samples.lines(of: "early").flatMap(\.value)
    lines.append(#"{"resourceType":"Observation","id":"nobody"}"#)
    let path = try folder.write("all.ndjson", Array(lines.joined(separator: "\n").utf8))
    let (rows, summary) = try Samples.run(path)
    #expect(summary.charts == 2)
    #expect(rows.count == 2)
    #expect(summary.documents == lines.count)
    #expect(summary.issues.count(of: "no-subject") == 1)
    for model in summary.models.values {
      #expect(model.outcomes.values.allSatisfy { $0.assessed.total + $0.withoutAssessment == 2 })
    }
  }

  @Test func whatIsNotThereIsSaid() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ReplayError.notFound(folder.path + "/none")) { try ChartInput.inputs(at: folder.path + "/none") }
    #expect(throws: ReplayError.nothingToRead(folder.path)) { try ChartInput.inputs(at: folder.path) }
    let path = try folder.write("gone.json", [])
    let inputs = try ChartInput.inputs(at: path)
    try FileManager.default.removeItem(atPath: path)
    let summary = try Samples.replay().run(inputs) { _ in }
    #expect(summary.refused.count(of: "FHR034") == 1)
  }
}

/// One row for each hour of each stay.
@Suite struct TrajectoryTests {
  @Test func eachHourIsTheSameAsThatHourAlone() throws {
    let path = Samples.path("septic-deterioration.json")
    var rows: [ReplayRow] = []
    let inputs = try ChartInput.inputs(at: path)
    let replay = Replay(assessor: try Samples.assessor.get(), moment: .eachHour)
    let summary = replay.run(inputs) { rows += $0.rows }
    #expect(summary.charts == 1 && summary.assessments == rows.count && rows.count == 48)
    for (index, row) in rows.enumerated() where index % 11 == 0 {
      let instant = try #require(row.assessment?.instant)
      #expect(row.assessment?.models.compactMap(\.hour) == [Double(index + 1), Double(index + 1)])
      var alone: [ReplayRow] = []
      _ = Replay(assessor: try Samples.assessor.get(), moment: .instants([instant])).run(inputs) { alone += $0.rows }
      #expect(alone.map(\.json) == [row.json])
    }
  }

  @Test func whoWasNeverInIntensiveCareHasNoHour() throws {
    var rows: [ReplayRow] = []
    let replay = Replay(assessor: try Samples.assessor.get(), moment: .eachHour)
    let summary = replay.run(try ChartInput.inputs(at: Samples.path("outpatient.json"))) { rows += $0.rows }
    #expect(rows.count == 1 && rows[0].assessment == nil && rows[0].json["error"] != nil)
    #expect(summary.charts == 1 && summary.assessments == 0 && summary.withoutMoment == 1)
  }

  /// Each patient at each instant, in order of time, as a run with that instant alone has it.
  @Test func severalInstantsAreTheRunsOfEach() throws {
    let inputs = try ChartInput.inputs(at: Samples.path(""))
    let assessor = try Samples.assessor.get()
    func rows(_ moment: Replay.Moment?, lanes: Int = 1) throws -> [ReplayRow] {
      var rows: [ReplayRow] = []
      _ = Replay(assessor: assessor, moment: try #require(moment), lanes: Lanes(lanes)).run(inputs) { rows += $0.rows }
      return rows
    }
    let texts = ["2026-03-12T13:20:00Z", "2026-01-18T18:00:00Z", "2026-03-12T08:20:00-05:00", "2026-03-11T00:00:00Z"]
    let moment = try #require(Replay.Moment(texts))
    // In another zone the first is named again.
    let order = [1, 3, 0].compactMap { Instant(texts[$0]) }
    #expect(moment == .instants(order))
    let alone = try order.map { try rows(.instants([$0])) }
    let together = try rows(moment)
    #expect(together.count == 3 * alone[0].count && alone[0].count > 25)
    #expect(together.map(\.json) == alone[0].indices.flatMap { place in alone.map { $0[place].json } })
    #expect(try rows(moment, lanes: 3).map(\.json) == together.map(\.json))
  }

  @Test func momentsAreNotMixed() {
    for texts in [
      [], ["last", "last"], ["each-hour", "last"], ["last", "2026-03-12T13:20:00Z"],
      ["2026-03-12T13:20:00Z", "each-hour"], ["2026-03-12T13:20:00Z", "2026-03-12"], ["yesterday"],
    ] {
      #expect(Replay.Moment(texts) == nil)
    }
    #expect(Replay.Moment(["last"]) == .last && Replay.Moment(["each-hour"]) == .eachHour)
  }
}
