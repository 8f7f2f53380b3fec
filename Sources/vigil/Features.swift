// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import FHIR
import Features
import Foundation
import Replay

/// `vigil features`: what the networks see of a chart, where each number comes from, and what was not used and why.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features", abstract: "Print each feature of charts with the values it came from.",
    discussion: """
      Example: vigil features FixturesFHIR/septic-deterioration.json
               vigil features chart.xml --at 2026-03-03T07:30:00Z --model icu-prognosis --json

      A FILE is a FHIR Bundle or resource in JSON or XML, NDJSON, or a CDS Hooks request; - is standard input. Without --at
      each chart is read at its own last instant, which is printed. Of a feature made of many values the newest three are
      shown; --json has them all.

      Exit codes: 0 printed, 64 wrong usage, 65 an input was refused, 66 an input cannot be opened, 78 the profiles cannot
      be read.
      """)

  @Argument(help: "Charts to read.") var files: [String]
  @Option(help: "Instant of the assessment (RFC 3339 with zone).") var at: Instant?
  @Option(help: "Only this model's features.") var model: String?
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Flag(help: "Print one JSON object a chart and model.") var json = false

  func run() throws {
    let assessor = try Assessor.loaded(from: profiles)
    let packages = assessor.packages.filter { model == nil || $0.manifest.id == model }
    guard !packages.isEmpty else {
      let known = assessor.packages.map(\.manifest.id).joined(separator: ", ")
      throw ValidationError("no model \(model ?? ""); there is \(known)")
    }
    try ChartReading.each(of: files) { input, reading in
      for chart in reading.charts {
        guard let instant = at ?? chart.lastInstant else {
          Failure.warn("\(input.name): the chart tells of no moment; name one with --at")
          continue
        }
        for package in packages {
          let report = FeatureReport(
            input: input.name, model: package.manifest.id, chart: chart, profile: package.profile, at: instant,
            terminology: assessor.terminology)
          print(json ? String(decoding: report.json.encoded(), as: UTF8.self) : report.text)
        }
      }
    }
  }
}
