// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Foundation
import Networks

/// `vigil bench networks`: how fast a patient's forward pass and an epoch of training are, against other engines that run
/// the same networks with the same weights in the same run.
struct BenchNetworks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "networks",
    abstract: "Measure networks against ONNX Runtime, OpenVINO and PyTorch.",
    discussion: """
      Example: vigil bench networks --python venv/bin/python
               vigil bench networks --package Profiles/models/icu-prognosis/1.0.0 --json

      Measured are a perceptron (128-256-128-10), a recurrent network (64 series, 48 steps, 80 units) and the ensemble of a
      model package, for one patient and for 64, on one thread; then an epoch of the two training recipes and of a
      recurrent hybrid on two threads. Each is measured in turn with its peers, several rounds, of which the median is
      taken; forward passes in seconds of computing, which other work on the machine does not lengthen. The ratio is the peer's time by ours, so more is better. The logits are compared too: a peer that computes
      something else is no peer.

      The peers live in Python: pip install numpy torch onnx onnxruntime openvino. Those that are missing are named and left
      out. OpenVINO is called by its C API, which needs a C compiler.

      Exit codes: 0 measured, 64 wrong usage, 65 the package's weights are refused, 66 the package cannot be opened.
      """)

  @Option(help: "Folder of a model package, whose ensemble is measured.") var package: String?
  @Option(help: "A Python with the peers.") var python = "python3"
  @Option(help: "Rounds of which the median is taken.") var rounds = 3
  @Option(help: "Seconds for one engine in one round.") var seconds = 0.3
  @Flag(help: "Leave the training out.") var forwardOnly = false
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    var networks = [BenchNetwork.perceptron, .recurrent]
    if let package = try package ?? Self.shipped() { networks.append(try Self.network(ofPackage: package)) }
    let folder = FileManager.default.temporaryDirectory.appending(path: "vigil-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let trainings = forwardOnly ? [] : BenchTraining.all
    for network in networks { try network.write(to: folder) }
    for training in trainings { try training.write(to: folder) }
    let peers = BenchNetworkPeers(python: python, folder: folder)
    let own = "Vigil \(Kernels.fastest.path.rawValue)"
    var results: [BenchNetworkRow] = []
    for network in networks {
      for batch in [1, 64] {
        var times: [[BenchNetworkTime]] = []
        for _ in 0..<max(1, rounds) {
          let time = network.seconds(rows: batch, for: seconds)
          times.append([BenchNetworkTime(engine: own, seconds: time, difference: 0)])
          times[times.count - 1] += peers.forward(network.name, rows: batch, seconds: seconds)
        }
        results += BenchNetworkRow.rows("\(network.title), batch \(batch)", rounds: times)
      }
    }
    for training in trainings {
      let (wall, computing) = try training.seconds()
      let others = peers.train(training)
      let ours = [wall, computing].map { BenchNetworkTime(engine: own, seconds: $0, difference: 0) }
      results += BenchNetworkRow.rows(training.title, rounds: [[ours[0]] + others.wall])
      results += BenchNetworkRow.rows("  computing of both threads", rounds: [[ours[1]] + others.computing])
    }
    if json {
      print(JSON.array(results.map(\.json)).text())
    } else {
      for row in results { print(row.text) }
    }
  }

  /// The newest version of the shipped prognosis, if this is run where the project lies.
  private static func shipped() throws -> String? {
    let folder = "Profiles/models/icu-prognosis"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return versions.filter { !$0.hasPrefix(".") }.max { $0.compare($1, options: .numeric) == .orderedAscending }
      .map { "\(folder)/\($0)" }
  }

  private static func network(ofPackage path: String) throws -> BenchNetwork {
    guard let weights = FileManager.default.contents(atPath: "\(path)/weights.safetensors") else {
      throw Failure.noInput("\(path): no weights.safetensors in it").exit()
    }
    do {
      let ensemble = try Ensemble(SafeTensors([UInt8](weights)))
      return BenchNetwork(
        name: "package",
        title: "\(path.split(separator: "/").suffix(2).joined(separator: " ")) x\(ensemble.members.count)",
        ensemble: ensemble)
    } catch {
      Failure.warn("\(path): \(error)")
      throw ExitCode(65)
    }
  }
}

/// One engine's time for one network.
struct BenchNetworkRow {
  let input: String
  let engine: String
  let seconds: Double
  /// This time by ours.
  let ratio: Double
  /// The greatest difference of a logit from ours.
  let difference: Double

  /// The medians over rounds, of which each holds ours first.
  static func rows(_ input: String, rounds: [[BenchNetworkTime]]) -> [BenchNetworkRow] {
    guard let first = rounds.first, let own = first.first else { return [] }
    func median(_ engine: String) -> Double {
      let times = rounds.flatMap { times in times.filter { $0.engine == engine }.map(\.seconds) }.sorted()
      return times[times.count / 2]
    }
    return first.map { time in
      BenchNetworkRow(
        input: input, engine: time.engine, seconds: median(time.engine),
        ratio: median(time.engine) / median(own.engine), difference: time.difference)
    }
  }

  var text: String {
    input.padding(toLength: 44, withPad: " ", startingAt: 0) + engine.padding(toLength: 16, withPad: " ", startingAt: 0)
      + String(format: "%10.1f us  ratio %7.2f", seconds * 1e6, ratio)
      + (difference > 1e-3 ? String(format: "  DIFFERS by %.3g", difference) : "")
  }

  var json: JSON {
    [
      "input": .string(input), "engine": .string(engine), "microseconds": .number((seconds * 1e7).rounded() / 10),
      "ratio": .number((ratio * 1000).rounded() / 1000), "difference": .number(difference),
    ]
  }
}
