// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Replay

/// `vigil codes`: codes nobody mapped, by frequency, with suggestions.
struct Codes: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the codes of measurements that no signal knows, most frequent first, with suggestions.",
    discussion: """
      Example: vigil codes FixturesFHIR/foreign-codes.json
               vigil codes exports/ --limit 50 --json

      A suggestion compares words, it maps nothing: docs/local-codes.md shows how a person decides and writes the ConceptMap.

      Exit codes: 0 listed, 64 wrong usage, 65 an input was refused, 66 an input cannot be opened, 78 the terminology cannot be read.
      """)

  @Argument(help: "Charts to read.") var paths: [String]
  @Option(help: "At most this many codes.") var limit = 100
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Flag(help: "Print one JSON object a code.") var json = false

  func run() throws {
    let terminology: Terminology
    do throws(TerminologyError) {
      terminology = try Terminology(directory: "\(profiles)/terminology")
    } catch {
      throw Failure.configuration("\(error)").exit()
    }
    var codes = UnmappedCodes(terminology: terminology)
    try ChartReading.each(of: paths) { _, reading in
      for chart in reading.charts {
        for observation in chart.observations { codes.add(observation.node) }
      }
    }
    for entry in codes.sorted.prefix(limit) {
      let suggestions = terminology.suggestions(for: entry.display ?? entry.code ?? "")
      print(json ? object(entry, suggestions) : line(entry, suggestions))
    }
    Failure.say("\(codes.mapped) of \(codes.total) coded values are mapped, \(codes.sorted.count) codes are not")
  }

  private func line(_ entry: UnmappedCodes.Entry, _ suggestions: [Terminology.Suggestion]) -> String {
    let name = "\(entry.system ?? "(no system)")|\(entry.code ?? "(text only)")"
    let words = suggestions.map { "\($0.valueSet) (\($0.concept.code) \($0.concept.display))" }
    return "\(entry.count)  \(name)  \(entry.display ?? "")  [\(entry.unit ?? "no unit")]"
      + (words.isEmpty ? "" : "\n      perhaps " + words.joined(separator: "; "))
  }

  private func object(_ entry: UnmappedCodes.Entry, _ suggestions: [Terminology.Suggestion]) -> String {
    let object: JSON = [
      "count": .number(entry.count), "system": entry.system.map(JSON.string), "code": entry.code.map(JSON.string),
      "display": entry.display.map(JSON.string), "unit": entry.unit.map(JSON.string),
      "suggestions": .array(
        suggestions.map {
          [
            "valueSet": .string($0.valueSet), "system": .string($0.concept.system), "code": .string($0.concept.code),
            "display": .string($0.concept.display), "score": .number($0.score),
          ]
        }),
    ]
    return String(decoding: object.encoded(), as: UTF8.self)
  }
}
