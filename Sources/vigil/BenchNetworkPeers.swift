// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one engine took.
struct BenchNetworkTime {
  let engine: String
  let seconds: Double
  /// The greatest difference of a logit from ours.
  let difference: Double
}

/// The Python process that measures the other engines, told by lines what to do.
final class BenchNetworkPeers {
  private static let script = "docs/bench/network-peers.py"
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()
  private var isRunning = false

  /// Starts it; what goes wrong is said on standard error, and nothing is then measured but ourselves.
  init(python: String, folder: URL) {
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, Self.script, folder.path]
    process.standardInput = commands
    process.standardOutput = answers
    do {
      guard FileManager.default.fileExists(atPath: Self.script) else { throw CocoaError(.fileNoSuchFile) }
      try process.run()
      isRunning = true
    } catch {
      Failure.warn("no peers are measured: \(Self.script) or \(python) is missing")
    }
  }

  deinit {
    try? commands.fileHandleForWriting.close()
    if isRunning { process.waitUntilExit() }
  }

  /// Engines with their median seconds for a forward pass and the greatest difference of a logit from ours.
  func forward(_ name: String, rows: Int, seconds: Double) -> [BenchNetworkTime] {
    answer("forward \(name) \(rows) \(seconds)").map { engine, seconds, difference in
      BenchNetworkTime(engine: engine, seconds: seconds, difference: difference)
    }
  }

  /// Engines with the seconds of an epoch; and with what their threads computed in it.
  func train(_ training: BenchTraining) -> (wall: [BenchNetworkTime], computing: [BenchNetworkTime]) {
    let answers = answer("train \(training.name) \(training.rows) \(training.batchSize)")
    return (
      answers.map { BenchNetworkTime(engine: $0.0, seconds: $0.1, difference: 0) },
      answers.map { BenchNetworkTime(engine: $0.0, seconds: $0.2, difference: 0) }
    )
  }

  /// Lines of a name and two numbers.
  private func answer(_ command: String) -> [(String, Double, Double)] {
    guard isRunning else { return [] }
    do {
      try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
    } catch {
      isRunning = false
      return []
    }
    var text = ""
    while !text.hasSuffix(".\n") {
      let more = answers.fileHandleForReading.availableData
      guard !more.isEmpty else {
        Failure.warn("the peers have ended; is numpy installed?")
        isRunning = false
        return []
      }
      text += String(decoding: more, as: UTF8.self)
    }
    var engines: [(String, Double, Double)] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, let first = Double(words[1]), let second = Double(words[2]) else { continue }
      engines.append((String(words[0]).replacing("-", with: " "), first, second))
    }
    return engines
  }
}
