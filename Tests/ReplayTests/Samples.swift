// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Foundation
import Replay
import Testing

/// What the tests of this module share: the project's profiles and charts, and folders of their own.
enum Samples {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  static let charts = [
    "septic-deterioration", "stable-postoperative", "sparse", "wrong-units", "foreign-codes", "outpatient", "child",
    "early", "mixed-patients",
  ]

  static let assessor = Result { try Assessor.load("\(root)/Profiles") }

  static func path(_ name: String) -> String { "\(root)/FixturesFHIR/\(name)" }

  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(name)))) }

  static func replay(lanes: Int = 1) throws -> Replay { Replay(assessor: try assessor.get(), lanes: Lanes(lanes)) }

  /// Everything that `path` gives.
  static func run(_ path: String, lanes: Int = 1) throws -> (rows: [ReplayRow], summary: ReplaySummary) {
    var rows: [ReplayRow] = []
    let summary = try replay(lanes: lanes).run(try ChartInput.inputs(at: path)) { rows += $0.rows }
    return (rows, summary)
  }

  /// The resources of a fixture, one a line, by type as a bulk export splits them.
  static func lines(of name: String) throws -> [String: [String]] {
    let document = try Document(try bytes("\(name).json"))
    var lines: [String: [String]] = [:]
    for entry in document.root.elements("entry") {
      guard let resource = entry["resource"], let type = resource.resourceType else { continue }
      lines[type, default: []].append(String(decoding: JSON(resource).encoded(), as: UTF8.self))
    }
    return lines
  }

  /// The row without the name of its input.
  static func text(_ row: ReplayRow) -> String {
    guard case .object(let members) = row.json else { return "" }
    return String(decoding: JSON.object(members.filter { $0.name != "input" }).encoded(), as: UTF8.self)
  }
}

/// A folder of one test's own, removed with it.
final class TemporaryFolder: Sendable {
  let path = NSTemporaryDirectory() + "vigil-replay-" + UUID().uuidString

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = URL(filePath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }
}
