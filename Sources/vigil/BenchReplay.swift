// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CBaseline
import Decision
import FHIR
import Foundation
import Replay

/// `vigil bench replay`: what a second core brings, how near the whole is to its reader, and that memory stays what it is.
struct BenchReplay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Measure a replay on one core and on two, beside simdjson's DOM, and its memory.",
    discussion: """
      Example: vigil bench replay
               vigil bench replay --patients 2000 --rounds 3

      An export is made of a chart of the project's, once for each patient, by type of resource. It is parsed by simdjson's DOM line
      by line, read into charts, and replayed at each chart's last instant, on one thread and on two, by turns; medians of the
      rounds. The ratio is the first row's time by the row's. Memory is the most that a replay held, of the patients and of four
      times as many. Times hold for this machine and this hour; two threads need two idle cores.

      Exit codes: 0 measured, 64 wrong usage, 66 the chart is not there, 78 the profiles cannot be read.
      """)

  @Option(help: "Patients.") var patients = 800
  @Option(help: "Rounds of which the median is taken.") var rounds = 5
  @Option(help: "The chart that every patient has.") var chart = "FixturesFHIR/septic-deterioration.json"
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"

  func validate() throws {
    guard patients > 0, rounds > 0 else { throw ValidationError("--patients and --rounds must be positive") }
  }

  func run() throws {
    let assessor = try Assessor.loaded(from: profiles)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-bench-" + UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let bytes = try export(patients, to: folder)
    let inputs = try ChartInput.inputs(at: folder.path)
    let steps: [(name: String, run: () throws -> Void)] = [
      ("simdjson DOM, 1 core", { try Self.parse(inputs) }),
      ("read, 1 thread", { Self.read(inputs, Lanes(1)) }), ("read, 2 threads", { Self.read(inputs, Lanes(2)) }),
      ("replay, 1 thread", { Self.replay(inputs, assessor, Lanes(1)) }),
      ("replay, 2 threads", { Self.replay(inputs, assessor, Lanes(2)) }),
    ]
    var times = steps.map { _ in [(wall: Double, processor: Double)]() }
    for round in 0..<rounds {
      for step in round % 2 == 0 ? Array(steps.indices) : steps.indices.reversed() {
        let (start, processor) = (ContinuousClock.now, baseline_cpu_seconds())
        try steps[step].run()
        times[step].append((start.duration(to: .now) / .seconds(1), baseline_cpu_seconds() - processor))
      }
    }
    func median(_ step: Int) -> Double { times[step].map(\.wall).sorted()[rounds / 2] }
    print("\(patients) patients, \(bytes / 1_000_000) MB")
    for step in steps.indices {
      let spent = times[step].map(\.processor).sorted()[rounds / 2]
      print(
        steps[step].name.padding(toLength: 24, withPad: " ", startingAt: 0)
          + String(
            format: "%8.0f MB/s  ratio %.3f  processor %.2f s", Double(bytes) / median(step) / 1e6,
            median(0) / median(step), spent))
    }
    print(
      String(
        format: "a second thread: reading %.2f, replay %.2f times as fast", median(1) / median(2), median(3) / median(4)
      ))
    try memory(assessor, folder)
  }

  /// The most memory that a replay of the patients holds, and of four times as many.
  private func memory(_ assessor: Assessor, _ folder: URL) throws {
    var most: [Double] = []
    for count in [patients, 4 * patients] {
      try FileManager.default.removeItem(at: folder)
      _ = try export(count, to: folder)
      let inputs = try ChartInput.inputs(at: folder.path)
      // Linux forgets the most so far when it is told 5 (proc(5), clear_refs).
      try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
      Self.replay(inputs, assessor, Lanes(2))
      most.append(Self.highWater())
    }
    print(String(format: "memory: %.0f MB of %d patients, %.0f MB of %d", most[0], patients, most[1], 4 * patients))
  }

  private static func highWater() -> Double {
    let status = String(decoding: FileManager.default.contents(atPath: "/proc/self/status") ?? Data(), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return (Double(line.split(separator: " ").dropFirst().first ?? "0") ?? 0) / 1000
  }

  /// Writes the export and gives its bytes.
  private func export(_ patients: Int, to folder: URL) throws -> Int {
    guard let bytes = FileManager.default.contents(atPath: chart),
      let bundle = try? Document([UInt8](bytes), syntax: .json, limits: .files),
      let id = bundle.root.elements("entry").lazy.compactMap({ $0["resource"] }).first(where: {
        $0.isResource("Patient")
      })?["id"]?
      .string
    else { throw Failure.noInput("\(chart): no chart of a patient").exit() }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var lines: [String: [String]] = [:]
    for entry in bundle.root.elements("entry") {
      guard let resource = entry["resource"], let type = resource.resourceType else { continue }
      lines[type, default: []].append(String(decoding: JSON(resource).encoded(), as: UTF8.self))
    }
    var total = 0
    for (type, own) in lines {
      let file = try FileHandle.emptied(at: folder.appendingPathComponent("\(type).ndjson").path)
      for patient in 0..<patients {
        // What belongs to nobody is there once.
        if patient > 0, type == "Location" { break }
        // A resource of its own for each patient: the same id would be another version of it.
        let isNamed = ["Patient", "Encounter", "Location"].contains(type)
        let text = Data(
          own.map { line in
            let line = line.replacing(id, with: "\(id)-\(patient)")
            return (isNamed ? line : line.replacing("\"id\":\"", with: "\"id\":\"\(patient)-", maxReplacements: 1))
              + "\n"
          }.joined().utf8)
        total += text.count
        try file.write(contentsOf: text)
      }
      try file.close()
    }
    return total
  }

  private static func parse(_ inputs: [ChartInput]) throws {
    for file in inputs.flatMap(\.files) {
      let text = try file.stream(limits: .files).rest(limit: .max)
      for line in text.split(separator: UInt8(ascii: "\n")) {
        // simdjson reads in blocks and wants room after the text.
        let padded = Array(line) + [UInt8](repeating: 0x20, count: 64)
        unsafe padded.withUnsafeBufferPointer { _ = unsafe baseline_json_dom($0.baseAddress, line.count) }
      }
    }
  }

  private static func read(_ inputs: [ChartInput], _ lanes: Lanes) {
    for input in inputs {
      ChartReading.parts(of: input, lanes: lanes) { reading, _ in
        reading.charts.count
      } emit: { (_: [Int]) in
      }
    }
  }

  private static func replay(_ inputs: [ChartInput], _ assessor: Assessor, _ lanes: Lanes) {
    _ = Replay(assessor: assessor, lanes: lanes).run(inputs) { (_: Replay.Result) in }
  }
}
