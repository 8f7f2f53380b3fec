// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one load of one server gave.
struct BenchLoad {
  /// Requests a second.
  var rate: Double
  /// Milliseconds below which half and 99 of 100 requests were answered.
  var (p50, p99): (Double, Double)
  /// The server's processor time a request, in microseconds.
  var processor: Double
  /// Answers that were no answer: other statuses, time-outs, broken connections.
  var failures: Int
}

/// A server in a process of its own, and the load that `wrk` puts on it.
final class BenchTarget {
  let name: String
  private let process = Process()
  private let port: Int

  /// Starts it, and waits until it answers.
  ///
  /// - Parameter command: the program with its arguments, among which `PORT` stands for the port.
  init?(_ name: String, _ command: [String], log: URL) {
    self.name = name
    port = Self.freePort()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command.map { $0 == "PORT" ? "\(port)" : $0 }
    process.standardOutput = FileHandle.nullDevice
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    process.standardError = try? FileHandle(forWritingTo: log)
    do {
      try process.run()
    } catch {
      return nil
    }
    for _ in 0..<600 where process.isRunning {
      if Self.output(["curl", "-sf", "-m", "2", "http://127.0.0.1:\(port)/readyz"]) != nil { return }
      usleep(100_000)
    }
    Failure.warn("\(name) does not start: \((try? String(contentsOf: log, encoding: .utf8))?.suffix(300) ?? "")")
    return nil
  }

  deinit {
    // A child inherits the signals that the thread which starts it blocks, SIGTERM often among them.
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Loads it for some seconds with one body over so many connections.
  func load(body: URL, connections: Int, seconds: Int, script: URL) -> BenchLoad? {
    let before = processorSeconds
    let text = Self.output(
      [
        "wrk", "-t1", "-c\(connections)", "-d\(seconds)s", "--timeout", "30s", "-s", script.path,
        "http://127.0.0.1:\(port)/cds-services/patient-risk",
      ],
      environment: ["BODY": body.path])
    guard let line = text?.split(separator: "\n").last(where: { $0.hasPrefix("RESULT ") }) else { return nil }
    let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    guard numbers.count == 5, numbers[0] > 0 else { return nil }
    return BenchLoad(
      rate: numbers[0] / (numbers[1] / 1_000_000), p50: numbers[2] / 1000, p99: numbers[3] / 1000,
      processor: (processorSeconds - before) / numbers[0] * 1_000_000, failures: Int(numbers[4]))
  }

  /// One answer.
  func answer(to body: URL) -> String? {
    Self.output([
      "curl", "-s", "-H", "Content-Type: application/json", "--data-binary", "@\(body.path)",
      "http://127.0.0.1:\(port)/cds-services/patient-risk",
    ])
  }

  /// The script for `wrk`: one body, and the figures on one line.
  static let script = """
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    local file = io.open(os.getenv("BODY"), "rb")
    wrk.body = file:read("*a")
    file:close()
    done = function(summary, latency, requests)
      local errors = summary.errors
      io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
    end
    """

  /// Processor time of the process and of those that it started (proc(5): fields 14 and 15, after the name in brackets).
  private var processorSeconds: Double {
    let children = Self.output(["pgrep", "-P", "\(process.processIdentifier)"])?.split(separator: "\n").compactMap {
      Int32($0)
    }
    return ([process.processIdentifier] + (children ?? [])).reduce(0) { sum, id in
      let text =
        FileManager.default.contents(atPath: "/proc/\(id)/stat").map { String(decoding: $0, as: UTF8.self) } ?? ""
      let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
      guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return sum }
      return sum + (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
  }

  private static func freePort() -> Int {
    let text = output([
      "python3", "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])",
    ])
    return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 18_080
  }

  /// What a command prints; nil when it fails.
  static func output(_ command: [String], environment: [String: String] = [:]) -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}
