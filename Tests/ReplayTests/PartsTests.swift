// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Foundation
import Replay
import Testing

/// An export that is larger than memory gives what it gives in one piece.
@Suite struct PartsTests {
  /// Charts under other names, each a few times, with what makes joining hard: later versions far from the earlier ones,
  /// Locations apart from who is there, resources of nobody, lines of other versions of FHIR, bad lines.
  static func lines(copies: Int) throws -> [String] {
    var lines: [String] = []
    for name in ["septic-deterioration", "sparse", "early", "child", "wrong-units"] {
      let own = try Samples.lines(of: name).sorted { $0.key < $1.key }.flatMap(\.value)
      for copy in 0..<copies {
        lines += own.map { line in
          guard !line.contains(#""resourceType":"Location""#) else { return line }
          return line.replacingOccurrences(of: "syn-", with: "syn\(copy)-")
            .replacingOccurrences(of: #""id":"\#(name.prefix(3))-"#, with: #""id":"\#(name.prefix(3))\#(copy)-"#)
        }
      }
    }
    lines.append(#"{"resourceType":"Observation","id":"nobody"}"#)
    lines.append(#"{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Group/1"}}"#)
    for patient in ["x1", "x2", "x3"] {
      // R5 moved `class` into a list; an older version of each stands first.
      lines.append(
        #"{"resourceType":"Encounter","id":"e-\#(patient)","status":"completed","class":[{"coding":[{"code":"IMP"}]}],"#
          + #""subject":{"reference":"Patient/\#(patient)"},"actualPeriod":{"start":"2026-01-01T00:00:00Z"}}"#)
      for version in [2, 1] {
        lines.append(
          #"{"resourceType":"Condition","id":"c-\#(patient)","meta":{"versionId":"\#(version)"},"#
            + #""subject":{"reference":"http://a.example/fhir/Patient/\#(patient)"},"recordedDate":"2026-01-0\#(version)"}"#
        )
      }
    }
    lines.insert(#"{"resourceType":"Observation""#, at: 7)
    // Far apart and all there: the stride is a prime that divides no such number of lines.
    return lines.indices.map { lines[$0 * 7919 % lines.count] }
  }

  static func run(
    _ path: String, held: Int, lanes: Int = 1, folder: URL = FileManager.default.temporaryDirectory
  ) throws -> (rows: [String], summary: ReplaySummary, results: Int) {
    var (rows, results) = ([String](), 0)
    let summary = try Samples.replay(lanes: lanes)
      .run(try ChartInput.inputs(at: path), held: held, folder: folder) { result in
        rows += result.rows.map(Samples.text)
        results += 1
      }
    return (rows, summary, results)
  }

  @Test func partsGiveWhatTheWholeGives() throws {
    let folder = try TemporaryFolder()
    let lines = try Self.lines(copies: 3)
    let path = try folder.write("all.ndjson", Array(lines.joined(separator: "\n").utf8))
    let whole = try Self.run(path, held: .max)
    #expect(whole.results == 1 && whole.rows.count == 18)
    // From the first line on; after some; parts that are sorted again.
    for held in [0, 40_000] {
      let parts = try Self.run(path, held: held)
      #expect(parts.results > 10)
      #expect(parts.rows.sorted() == whole.rows.sorted())
      #expect(parts.summary == whole.summary)
      let lanes = try Self.run(path, held: held, lanes: 3)
      #expect(lanes.rows == parts.rows && lanes.summary == parts.summary)
    }
  }

  /// Who is named by an identifier alone is found wherever the Patient stands, and nobody is when two have it.
  @Test func whatIsUnclearIsJoinedInMemory() throws {
    let folder = try TemporaryFolder()
    var lines = try Self.lines(copies: 2)
    for (patient, number) in [("p1", 1), ("p2", 2), ("p3", 2)] {
      lines.append(
        #"{"resourceType":"Patient","id":"\#(patient)","identifier":[{"system":"urn:s","value":"\#(number)"}]}"#)
    }
    for number in [1, 2] {
      lines.append(
        #"{"resourceType":"Condition","id":"d\#(number)","recordedDate":"2026-01-01","#
          + #""subject":{"identifier":{"system":"urn:s","value":"\#(number)"}}}"#)
    }
    let path = try folder.write("all.ndjson", Array(lines.joined(separator: "\n").utf8))
    let whole = try Self.run(path, held: .max)
    let parts = try Self.run(path, held: 1000)
    #expect(parts.results == 1)
    #expect(whole.summary.issues.count(of: "ambiguous-subject") == 1)
    #expect(parts.rows.sorted() == whole.rows.sorted())
    #expect(parts.summary == whole.summary)
  }

  /// An Observation that was moved to the patient whose it is goes from the other's chart, wherever the lines stand.
  @Test func versionsThatNameSeveralPatientsAreJoinedInMemory() throws {
    let folder = try TemporaryFolder()
    var lines = try Self.lines(copies: 2)
    for (version, patient) in [(1, "y1"), (2, "y2")] {
      lines.insert(
        #"{"resourceType":"Condition","id":"moved","meta":{"versionId":"\#(version)"},"recordedDate":"2026-01-01","#
          + #""subject":{"reference":"Patient/\#(patient)"}}"#, at: version * 100)
    }
    let path = try folder.write("all.ndjson", Array(lines.joined(separator: "\n").utf8))
    let whole = try Self.run(path, held: .max)
    let parts = try Self.run(path, held: 1000)
    #expect(!whole.rows.contains { $0.contains("y1") } && whole.rows.contains { $0.contains("y2") })
    #expect(parts.results == 1)
    #expect(parts.rows.sorted() == whole.rows.sorted())
    #expect(parts.summary == whole.summary)
  }

  /// Half a chart is worse than none.
  @Test func withoutRoomNothingIsToldOfTheExport() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("all.ndjson", Array(try Self.lines(copies: 1).joined(separator: "\n").utf8))
    let full = try Self.run(path, held: 1000, folder: URL(filePath: folder.path + "/none"))
    #expect(full.rows.isEmpty)
    #expect(full.summary.refused.count(of: FHIRError.Code.noRoom.rawValue) == 1)
  }

  /// A large export of which charts keep little is read in memory where there is no disk.
  @Test func whatIsKeptMayFitInMemory() throws {
    let folder = try TemporaryFolder()
    let own = try Self.lines(copies: 1)
    let claims = (0..<own.count).map { #"{"resourceType":"Claim","id":"\#($0)","status":"active","use":"claim"}"# }
    let bytes = Array((claims + own).joined(separator: "\n").utf8)
    let path = try folder.write("all.ndjson", bytes)
    let whole = try Self.run(path, held: .max)
    let none = try Self.run(path, held: bytes.count - 1, folder: URL(filePath: folder.path + "/none"))
    #expect(!whole.rows.isEmpty && none.rows == whole.rows && none.summary == whole.summary)
  }

  @Test func nothingIsLeftOnTheDisk() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("all.ndjson", Array(try Self.lines(copies: 1).joined(separator: "\n").utf8))
    try FileManager.default.createDirectory(atPath: folder.path + "/aside", withIntermediateDirectories: true)
    let aside = URL(filePath: folder.path + "/aside")
    var seen = 0
    _ = try Samples.replay().run(try ChartInput.inputs(at: path), held: 0, folder: aside) { result in
      seen += try FileManager.default.contentsOfDirectory(atPath: aside.path).count + result.rows.count
    }
    #expect(seen == 8)
  }

  static let owners: [(json: String, owner: DocumentOwner?)] = {
    let one = DocumentOwner.patient(DocumentOwner.number(of: "1".utf8))
    let mine = #""subject":{"reference":"Patient/1"}"#
    func bundle(_ entries: String, _ rest: String = #""type":"collection""#) -> String {
      #"{"resourceType":"Bundle",\#(rest),"entry":[\#(entries)]}"#
    }
    let observation = #"{"resource":{"resourceType":"Observation",\#(mine)}}"#
    return [
      (#"{"resourceType":"Patient","id":"1"}"#, one), (#"{"resourceType":"Patient"}"#, .unclear),
      (#"{"resourceType":"Observation",\#(mine)}"#, one),
      (#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1/_history/3"}}"#, one),
      (#"{"resourceType":"Encounter","subject":{"reference":"https://a.example/r4/Patient/1"}}"#, one),
      (#"{"resourceType":"Observation"}"#, .nobody), (#"{"resourceType":"Location","id":"1"}"#, .nobody),
      (#"{"resourceType":"Observation","subject":{"reference":"Device/1"}}"#, .nobody),
      (##"{"resourceType":"Observation","subject":{"reference":"#p"}}"##, .unclear),
      (#"{"resourceType":"Observation","subject":{"reference":"urn:uuid:1"}}"#, .unclear),
      (#"{"resourceType":"Observation","subject":{"identifier":{"value":"1"}}}"#, .unclear),
      (#"{"resourceType":"Observation","subject":[{"reference":"Patient/1"}]}"#, .unclear),
      (#"{"resourceType":"Practitioner","id":"1"}"#, nil),
      (bundle(observation), one), (bundle(observation + "," + observation), one), (bundle(""), .nobody),
      (bundle(observation + #",{"resource":{"resourceType":"Claim"}}"#), one),
      (bundle(observation + #",{"resource":{"resourceType":"Patient","id":"2"}}"#), .unclear),
      (bundle(observation + #",{"resource":{"resourceType":"Location","id":"2"}}"#), .unclear),
      (bundle(observation, #""type":"history""#), .unclear),
      (bundle(observation, #""link":[{"relation":"next","url":"http://a.example/2"}]"#), .unclear),
      (#"{"resourceType":"Parameters"}"#, .unclear), ("[]", .nobody),
    ]
  }()

  @Test(arguments: owners.indices)
  func whoseItIsIsToldByItself(_ index: Int) throws {
    let (json, owner) = Self.owners[index]
    #expect(FoundDocument(try Document(Array(json.utf8), syntax: .json))?.owner == owner, "\(json)")
  }
}
