// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Deidentification
import FHIR
import Foundation
import Replay

/// `vigil audit check-deidentified`: an export without the trail.
struct AuditCheckDeidentified: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-deidentified", abstract: "Look for what may name somebody in a de-identified export.",
    discussion: """
      Example: vigil audit check-deidentified decisions.ndjson

      Every text of every line must be explained: a name that a key gave, a date, a known code, a unit, a word of a closed list, each in
      an element where such things stand. What is not explained is a finding, with the kind of identifier that it looks like (45 CFR
      164.514(b)(2)) and its place, never its text. Each line's request is answered again by the models of the versions that it names,
      and what they say is compared bit for bit with what the line holds. Needs neither the trail nor its keys.

      Exit codes: 0 nobody is named and all answers are the same, 1 something was found, 64 wrong usage, 66 no such file, 78 the
      profiles cannot be read.
      """)

  @Argument(help: "The export.") var file: String
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw Failure.noInput("cannot read \(file)").exit()
    }
    let shelf = ModelShelf(profiles)
    var check = DeidentifiedCheck(assessor: try Assessor.loaded(from: profiles), ofVersions: shelf.exact)
    for line in Array(bytes).split(separator: UInt8(ascii: "\n")) { check.add(Array(line)) }
    if json {
      print(check.json.text())
    } else {
      for (line, finding) in check.findings.prefix(20) {
        print("line \(line): \(finding.path): \(finding.kind.rawValue)")
      }
      if check.findings.count > 20 { print("and \(check.findings.count - 20) more") }
      for line in check.otherwise.prefix(20) {
        print("line \(line): the models at hand say something else, or are of other versions")
      }
      print(
        "\(check.lines) lines, \(check.findings.count) texts that may name somebody, \(check.identical) answered again bit for bit"
      )
    }
    if !check.passes { throw ExitCode(1) }
  }
}
