// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CDSHooks
import Decision
import FHIR
import Foundation
import Replay

/// `vigil assess`: cards for charts, offline.
struct Assess: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the cards for charts, offline, by the function that the service answers with.",
    discussion: """
      Example: vigil assess FixturesFHIR/septic-deterioration.json
               vigil assess chart.xml --at 2026-03-03T07:30:00Z --json

      A FILE is a FHIR Bundle or resource in JSON or XML, NDJSON, or a CDS Hooks request; - is standard input. Without --at
      each chart is assessed at its own last instant, which is printed.

      Exit codes: 0 assessed or said why not, 64 wrong usage, 65 an input was refused, 66 an input cannot be opened, 78 the
      profiles cannot be read.
      """)

  @Argument(help: "Charts to assess.") var files: [String]
  @Option(help: "Instant of the assessment (RFC 3339 with zone).") var at: Instant?
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Flag(help: "Print one JSON object a chart: the response the service would send, with patient and instant.")
  var json = false

  func run() throws {
    let assessor = try Assessor.loaded(from: profiles)
    try ChartReading.each(of: files) { input, reading in
      for chart in reading.charts { try assess(chart, in: input, by: assessor) }
    }
  }

  private func assess(_ chart: Chart, in input: ChartInput, by assessor: Assessor) throws(FHIRError) {
    guard let instant = at ?? chart.lastInstant else {
      Failure.warn("\(input.name): the chart tells of no moment; name one with --at")
      return
    }
    let assessment = assessor.assess(chart, at: instant)
    // Offline there is no call that the cards answer; the input's name stands in for it.
    let response = HookResponse(cards: assessment.cards(channel: input.name)).json
    if json {
      let line: JSON = [
        "input": .string(input.name), "patient": chart.patientID.map(JSON.string), "at": .string(instant.description),
        "cards": response["cards"],
      ]
      print(String(decoding: line.encoded(), as: UTF8.self))
      return
    }
    let lastInstant = at == nil ? " (the chart's last instant)" : ""
    print("\(input.name): patient \(chart.patientID ?? "unknown"), assessed at \(instant)\(lastInstant)\n")
    for card in try Document(response.encoded(), syntax: .json).root.elements("cards") { print(CardText(card).text) }
  }
}

extension Instant: ExpressibleByArgument {
  /// An RFC 3339 text with a zone.
  public init?(argument: String) { self.init(argument) }
}

extension Assessor {
  /// The assessor of a profiles folder; says what is wrong and exits with 78 when there is none.
  static func loaded(from profiles: String) throws -> Assessor {
    do {
      return try Assessor.load(profiles)
    } catch {
      throw Failure.configuration("\(profiles): \(error)").exit()
    }
  }
}
