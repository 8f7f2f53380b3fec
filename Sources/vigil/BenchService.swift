// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Foundation

/// `vigil bench service`: the service under load, beside what others do with the same body in the same run.
struct BenchService: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service", abstract: "Measure the service under load, beside others, in one run.",
    discussion: """
      Example: vigil bench service --python /opt/peers/bin/python --seconds 5
               vigil bench service --hook encounter-discharge --request FixturesFHIR/hooks/patient-view-stable.json

      Every answer is made anew: the share of those that explain their cards is printed. At patient-view it is all of them, at
      encounter-discharge only those with an urgent card.

      Needs wrk, curl and python3 (apt install wrk curl). The peers need fastapi, uvicorn, onnxruntime, onnx, torch, numpy, orjson
      and healthchain (pip install): `fastapi` runs one small network, `fastapi-ensembles` the networks and the explanations
      of Vigil's answers; those that cannot be imported are left out. Load and servers share this machine: read the
      ratios, not the rates.
      """)

  @Option(help: "Python that has the peers.") var python = "python3"
  @Option(help: "Seconds of each load.") var seconds = 5
  @Option(help: "Prefetch sizes, in KB.") var sizes = [5, 100, 1000]
  @Option(help: "Connections.") var connections = [1, 16, 64]
  @Option(help: "Hook request whose chart is sent, moved in time to end now.")
  var request = "FixturesFHIR/hooks/patient-view-septic.json"
  @Option(help: "Hook to fire.") var hook = "patient-view"
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"
  @Option(help: .hidden) var server: BenchServer?
  @Option(help: .hidden) var port = 0
  @Option(help: .hidden) var data = ""

  func run() async throws {
    if let server { return try await server.run(port: port, profiles: profiles, data: data) }
    let folder = FileManager.default.temporaryDirectory.appending(path: "vigil-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try measure(in: folder)
  }

  private func measure(in folder: URL) throws {
    let script = folder.appending(path: "load.lua")
    try Data(BenchTarget.script.utf8).write(to: script)
    for size in sizes {
      let body = folder.appending(path: "\(size).json")
      let bytes = try Self.request(request, hook: hook, kilobytes: size)
      try Data(bytes).write(to: body)
      print("\nPrefetch of \(bytes.count / 1000) KB\n")
      let commit = commitMilliseconds(body)
      if let commit { print("bare SQLite commit of its compressed bytes: p50 \(Self.text(commit)) ms\n") }
      print("| Server | connections | requests/s | p50 ms | p99 ms | CPU us a request | failures |")
      print("| --- | --- | --- | --- | --- | --- | --- |")
      var results: [String: [Int: BenchLoad]] = [:]
      for (name, command) in commands(in: folder) {
        guard let target = BenchTarget(name, command, log: folder.appending(path: "log")) else { continue }
        if name == BenchServer.audited.rawValue, let answer = target.answer(to: body) {
          let cards = (try? Document(Array(answer.utf8), syntax: .json).root["cards"]?.count) ?? 0
          let explained = answer.components(separatedBy: "What moved it most").count - 1
          Failure.say("an answer has \(cards) cards, of which \(explained) are explained")
        }
        for count in connections {
          _ = target.load(body: body, connections: count, seconds: 1, script: script)
          guard let load = target.load(body: body, connections: count, seconds: seconds, script: script) else {
            continue
          }
          results[name, default: [:]][count] = load
          print(
            "| \(name) | \(count) | \(Self.text(load.rate)) | \(Self.text(load.p50)) | \(Self.text(load.p99)) | "
              + "\(Self.text(load.processor)) | \(load.failures) |")
          fflush(nil)
        }
      }
      ratios(results, commit: commit)
    }
  }

  private func commands(in folder: URL) -> [(String, [String])] {
    let own =
      ["/proc/self/exe", CommandLine.arguments[0]].first { FileManager.default.isExecutableFile(atPath: $0) } ?? ""
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: own)) ?? own
    let servers = BenchServer.allCases.map { server in
      (
        server.rawValue,
        [
          executable, "bench", "service", "--server", server.rawValue, "--port", "PORT", "--profiles", profiles,
          "--data",
          folder.appending(path: "\(server.rawValue)-\(UUID().uuidString)").path,
        ]
      )
    }
    let peers = ["fastapi", "fastapi-ensembles", "healthchain"]
    return servers + peers.map { ($0, [python, "docs/bench/service-peers.py", $0, "PORT"]) }
  }

  private func commitMilliseconds(_ body: URL) -> Double? {
    BenchTarget.output([python, "docs/bench/service-peers.py", "commits", body.path])
      .flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private func ratios(_ results: [String: [Int: BenchLoad]], commit: Double?) {
    print("")
    for count in connections {
      guard let own = results[BenchServer.audited.rawValue]?[count] else { continue }
      var words: [String] = []
      for (name, label) in [
        ("fastapi", "FastAPI"), ("fastapi-ensembles", "FastAPI with the same networks"), ("healthchain", "HealthChain"),
      ] {
        if let peer = results[name]?[count] { words.append("\(Self.text(own.rate / peer.rate))x \(label)") }
      }
      if let open = results[BenchServer.unaudited.rawValue]?[count],
        let echo = results[BenchServer.echo.rawValue]?[count]
      {
        words.append("\(Self.text(open.rate / echo.rate))x the echo without the trail")
      }
      if count == 1, let commit { words.append("\(Self.text(own.p50 - commit)) ms more than a bare commit") }
      print("\(count) connections: \(words.joined(separator: ", ")); p99 \(Self.text(own.p99)) ms")
    }
  }

  private static func text(_ value: Double) -> String {
    value >= 100 ? String(format: "%.0f", value) : String(format: value >= 10 ? "%.1f" : "%.2f", value)
  }

  /// A hook request of about this size for a patient whose stay ends now: a synthetic chart, with fewer of its observations, or
  /// with more of them a few minutes apart.
  static func request(_ file: String, hook: String, kilobytes: Int) throws -> [UInt8] {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw ValidationError("\(file) cannot be read")
    }
    let document = try Document(Array(bytes), syntax: .json)
    let values = (document.root["prefetch"]?.children).map(Array.init) ?? []
    let last = Chart(resources: values, patientID: nil).lastInstant?.milliseconds ?? 0
    var request = JSON(document.root).shifted(bySeconds: Instant(Date()).milliseconds / 1000 - last / 1000)
    request["hook"] = .string(hook)
    guard var prefetch = request["prefetch"], var bundle = prefetch["observations"],
      case .array(let all)? = bundle["entry"]
    else { return request.encoded() }
    // The latest ones are at the end; each takes about this much.
    let each = max(1, JSON.array(all).encoded().count / max(1, all.count))
    let room = max(0, kilobytes * 1000 - (request.encoded().count - each * all.count)) / each
    var entries: [JSON] = Array(all.suffix(room))
    var round: Int64 = 1
    while entries.count < room {
      entries += all.prefix(room - entries.count).map { Self.earlier($0, minutes: round * 7, round: round) }
      round += 1
    }
    bundle["entry"] = .array(entries)
    prefetch["observations"] = bundle
    request["prefetch"] = prefetch
    return request.encoded()
  }

  /// The same observation some minutes earlier, under an id of its own.
  private static func earlier(_ entry: JSON, minutes: Int64, round: Int64) -> JSON {
    var entry = entry.shifted(bySeconds: -60 * minutes)
    if var resource = entry["resource"], case .string(let id)? = resource["id"] {
      resource["id"] = .string("\(id)-\(round)")
      entry["resource"] = resource
      if case .string(let url)? = entry["fullUrl"] { entry["fullUrl"] = .string("\(url)-\(round)") }
    }
    return entry
  }
}
