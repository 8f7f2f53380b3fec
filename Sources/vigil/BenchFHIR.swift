// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CBaseline
import FHIR
import Features
import Foundation

/// `vigil bench fhir`: how fast text becomes features, against parsers that stop long before.
struct BenchFHIR: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fhir", abstract: "Measure the reader against simdjson's DOM and libxml2's SAX2.",
    discussion: """
      Example: vigil bench fhir
               vigil bench fhir --python venv/bin/python synthea/fhir

      A FILE is a Bundle in JSON or XML, or a folder of them (those of 1 to 4.5 MB, at most 12). Without one the project's
      own charts are measured, grown to 1 to 4 MB. Rows named dense are of charts made up here, of 1 to 4 MB, in which every
      Observation is a value that the features use. Each chart is written pretty and minified, as JSON and as XML, and each
      of these is read by everybody in turn: the ratio is the baseline's time by ours, so more is better. Times are medians
      of processor time over the rounds; they hold for this machine and this hour, the ratios for longer.

      Baselines: simdjson's DOM parse alone; libxml2's SAX2 with handlers that do nothing. Python readers are measured too
      where docs/bench/fhir-peers.py and a Python are found; --python names one that has msgspec, orjson, pysimdjson, lxml or
      fhir.resources installed.

      Exit codes: 0 measured, 64 wrong usage, 65 an input was refused, 66 an input cannot be opened, 78 the profiles cannot
      be read.
      """)

  @Argument(help: "Bundles or folders of them.") var files: [String] = []
  @Option(help: "Rounds of which the median is taken.") var rounds = 15
  @Option(help: "A Python with the peers.") var python = "python3"
  @Option(help: "Folder of feature profiles and terminology.") var profiles = "Profiles"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let pipeline: BenchPipeline
    do {
      let path = URL(filePath: "\(profiles)/features/icu-prognosis.json")
      pipeline = BenchPipeline(
        reader: ChartReader(
          try JSONDecoder().decode(FeatureProfile.self, from: Data(contentsOf: path)),
          try Terminology(directory: "\(profiles)/terminology")))
    } catch {
      throw Failure.configuration("\(profiles): the profile or the terminology cannot be read").exit()
    }
    var inputs: [BenchInput]
    do {
      inputs = try BenchInput.inputs(at: files)
      let dense = BenchDenseChart(profile: pipeline.reader.profile, terminology: pipeline.reader.terminology)
      for count in [1_500, 3_000, 5_000] {
        inputs.append(
          try BenchInput(name: "dense \(count)", bundle: dense.bundle(observations: count), isDense: true))
      }
    } catch let error as FHIRError {
      Failure.warn("an input was refused: \(error)")
      throw ExitCode(65)
    }
    var rows: [BenchRow] = []
    for isDense in [false, true] {
      for title in ["JSON pretty", "JSON minified", "XML pretty", "XML minified"] {
        rows += try rowsOf(title, inputs.filter { $0.isDense == isDense }, pipeline)
      }
    }
    if json {
      print(JSON.array(rows.map(\.json)).text())
    } else {
      for row in rows { print(row.text) }
    }
  }

  /// One spelling of all inputs, by everybody.
  private func rowsOf(_ title: String, _ inputs: [BenchInput], _ pipeline: BenchPipeline) throws -> [BenchRow] {
    var times: [(name: String, seconds: Double)] = []
    var bytes = 0
    for input in inputs {
      for text in input.texts where text.title == title {
        let steps = try pipeline.steps(text.syntax, text.bytes)
        let medians = Self.medians(of: steps.map(\.run), rounds: max(1, rounds))
        let named = zip(steps.map(\.name), medians) + BenchPeers.seconds(text.syntax, text.bytes, python)
        for (name, seconds) in named {
          if let row = times.firstIndex(where: { $0.name == name }) {
            times[row].seconds += seconds
          } else {
            times.append((name, seconds))
          }
        }
        bytes += text.bytes.count
      }
    }
    guard let baseline = times.first?.seconds else { return [] }
    return times.map { name, seconds in
      BenchRow(
        input: (inputs.first?.isDense == true ? "dense " : "") + title, step: name,
        megabytesPerSecond: Double(bytes) / seconds / 1e6, ratio: baseline / seconds)
    }
  }

  /// The median seconds of each step; the order is reversed in every other round, so that nobody always comes second.
  private static func medians(of steps: [() -> Void], rounds: Int) -> [Double] {
    var times = steps.map { _ in [Double]() }
    for round in 0..<rounds {
      for step in round % 2 == 0 ? Array(steps.indices) : steps.indices.reversed() {
        let start = baseline_cpu_seconds()
        steps[step]()
        times[step].append(baseline_cpu_seconds() - start)
      }
    }
    return times.map { $0.sorted()[$0.count / 2] }
  }
}

/// One measured step of one spelling.
struct BenchRow {
  let input: String
  let step: String
  let megabytesPerSecond: Double
  /// Time of the baseline by the time of this.
  let ratio: Double

  var text: String {
    input.padding(toLength: 20, withPad: " ", startingAt: 0)
      + step.padding(toLength: 24, withPad: " ", startingAt: 0)
      + String(format: "%8.0f MB/s  ratio %.3f", megabytesPerSecond, ratio)
  }

  var json: JSON {
    [
      "input": .string(input), "step": .string(step), "megabytesPerSecond": .number(megabytesPerSecond.rounded()),
      "ratio": .number((ratio * 1000).rounded() / 1000),
    ]
  }
}
