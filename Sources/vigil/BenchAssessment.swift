// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CBaseline
import Decision
import FHIR
import Foundation

/// `vigil bench assessment`: what one answer costs, stage by stage.
struct BenchAssessment: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assessment", abstract: "Measure one assessment, stage by stage, by processor time.",
    discussion: """
      Example: vigil bench assessment
               vigil bench assessment FixturesFHIR/stable-postoperative.json --json

      A FILE is a Bundle of one patient. Stages: reading the text into a chart, the assessment of all models without reasons,
      the explanation of what becomes a card. Times are medians over the rounds, in microseconds of processor
      time; the share is of the reading of the same text.

      Exit codes: 0 measured, 64 wrong usage, 65 an input was refused, 66 an input cannot be opened, 78 the profiles cannot
      be read.
      """)

  @Argument(help: "A Bundle of one patient.") var file = "FixturesFHIR/septic-deterioration.json"
  @Option(help: "Rounds of which the median is taken.") var rounds = 101
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let assessor = try Assessor.loaded(from: profiles)
    guard let contents = FileManager.default.contents(atPath: file) else {
      throw Failure.noInput("\(file): cannot be opened").exit()
    }
    let bytes = Array(contents)
    let syntax: Syntax = file.hasSuffix(".xml") ? .xml : .json
    let chart: Chart
    do throws(FHIRError) {
      chart = try read(bytes, syntax)
    } catch {
      Failure.warn("an input was refused: \(error)")
      throw ExitCode(65)
    }
    let instant = chart.lastInstant ?? Instant(milliseconds: 0)
    let predicted = assessor.predict(chart, at: instant)
    let stages: [(name: String, run: () -> Void)] = [
      ("read", { _ = try? read(bytes, syntax) }),
      ("assess", { _ = assessor.predict(chart, at: instant) }),
      (
        "explain",
        {
          var copy = predicted
          assessor.explain(&copy)
        }
      ),
    ]
    let seconds = stages.map { median($0.run) }
    for (stage, time) in zip(stages, seconds) where !json {
      print(
        stage.name.padding(toLength: 10, withPad: " ", startingAt: 0)
          + String(format: "%9.0f µs  %6.2f of reading", time * 1e6, time / seconds[0]))
    }
    if json {
      let members = zip(stages, seconds).map { JSON.Member("\($0.name)Microseconds", .number(($1 * 1e6).rounded())) }
      print(JSON.object(members).text())
    }
  }

  private func read(_ bytes: [UInt8], _ syntax: Syntax) throws(FHIRError) -> Chart {
    Chart(resources: [try Document(bytes, syntax: syntax).root], patientID: nil)
  }

  /// The median of the processor time of a stage.
  private func median(_ run: () -> Void) -> Double {
    let times = (0..<max(3, rounds)).map { _ in
      let start = baseline_cpu_seconds()
      run()
      return baseline_cpu_seconds() - start
    }
    return times.sorted()[times.count / 2]
  }
}
