// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Foundation
import TestSupport
import Testing

/// Charts of other systems go through the reader without a crash, and what is not used is counted. Skipped with a message
/// where the data are not at hand.
@Suite struct SharedDataTests {
  private struct Tally {
    var charts = 0
    var eligible = 0
    var used = 0
    var ignored: [Exclusion: Int] = [:]
    var reasons: [String: Int] = [:]

    mutating func add(_ timeline: Timeline) {
      charts += 1
      if timeline.ineligibility.isEmpty { eligible += 1 }
      for reason in timeline.ineligibility { reasons[reason.code, default: 0] += 1 }
      used += timeline.samples.reduce(0) { $0 + $1.count }
      for value in timeline.ignored { ignored[value.reason, default: 0] += 1 }
    }

    func line(_ name: String) -> String {
      let ignored = Exclusion.allCases.compactMap { reason in
        self.ignored[reason].map { "\(reason.rawValue) \($0)" }
      }
      let reasons = reasons.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      return
        "\(name): \(charts) charts, \(eligible) eligible (\(reasons.joined(separator: ", "))), \(used) values used, "
        + "ignored: \(ignored.joined(separator: ", "))"
    }
  }

  /// Reads each chart at its last moment and at 48 hours of its ICU stay, if it has one.
  private func read(_ charts: [Chart], into tally: inout Tally) throws {
    let profile = try Fixture.diagnosis.get()
    let terminology = try Fixture.terminology.get()
    for chart in charts {
      var last = Instant(milliseconds: .min)
      for observation in chart.observations {
        if let time = observation.effective?.start?.earliest, time > last { last = time }
      }
      let timeline = profile.timeline(of: chart, at: last, terminology: terminology)
      tally.add(timeline)
      guard let origin = timeline.origin else { continue }
      let later = profile.timeline(of: chart, at: origin.advanced(byHours: 48), terminology: terminology)
      #expect(later.samples.joined().allSatisfy { (0...48).contains($0.hours) })
      #expect(profile.vector(later, atHour: 48).values.count == profile.columns.count)
    }
  }

  @Test func synthea() throws {
    guard let folder = SharedData.folder("synthea-r4-100") else { return }
    var tally = Tally()
    for file in SharedData.files(in: folder, suffix: ".json") {
      let document = try Document([UInt8](Data(contentsOf: file)), syntax: .json)
      try read(Chart.charts(in: [document]), into: &tally)
    }
    print(tally.line("Synthea"))
    #expect(tally.charts >= 100)
    #expect(tally.reasons["no-icu-stay", default: 0] > 90)
  }

  @Test func mimic() throws {
    guard let folder = SharedData.folder("mimic-iv-demo-fhir") else { return }
    let names = [
      "MimicPatient", "MimicLocation", "MimicEncounter", "MimicEncounterED", "MimicEncounterICU",
      "MimicObservationVitalSignsED", "MimicObservationED", "MimicObservationOutputevents",
    ]
    var limits = Limits.standard
    limits.bytes = 1 << 30
    limits.expansion = 1000
    var documents: [Document] = []
    for file in SharedData.files(in: folder, suffix: ".ndjson.gz")
    where names.contains(String(file.lastPathComponent.dropLast(10))) {
      let stream = try ByteStream(path: file.path).unpacked(limits: limits)
      try NDJSON().read(stream) { lines in
        lines.compactMap { try? $0.document.get() }
      } emit: {
        documents += $0
      }
    }
    var tally = Tally()
    try read(Chart.charts(in: documents), into: &tally)
    print(tally.line("MIMIC-IV demo"))
    #expect(tally.charts >= 100)
    // Its ICU encounters are known by their identifier system; some hold output in the hours of the stay.
    #expect(tally.reasons["no-icu-stay", default: 0] < 10)
  }

  @Test func examples() throws {
    guard let folder = SharedData.folder("fhir-r4-examples") else { return }
    var tally = Tally()
    for suffix in [".json", ".xml"] {
      for file in SharedData.files(in: folder, suffix: suffix) {
        guard let document = try? Document([UInt8](Data(contentsOf: file))), document.root.resourceType != nil else {
          continue
        }
        try read(Chart.charts(in: [document]), into: &tally)
      }
    }
    print(tally.line("HL7 examples"))
    #expect(tally.charts > 500)
  }
}

/// Public corpora that are never committed: `VIGIL_DATA_UNPACKED` names a folder with one folder an archive; otherwise
/// the archive of `VIGIL_DATA`, or of `../shared/data` beside the package, is unpacked once into the temporary folder.
private enum SharedData {
  static func folder(_ archive: String) -> URL? {
    let environment = ProcessInfo.processInfo.environment
    let files = FileManager.default
    if let root = environment["VIGIL_DATA_UNPACKED"] {
      let folder = URL(filePath: root).appending(path: archive)
      if files.fileExists(atPath: folder.path) { return folder }
    }
    let root = environment["VIGIL_DATA"].map { URL(filePath: $0) } ?? Fixture.root.appending(path: "../shared/data")
    let file = root.appending(path: "\(archive).tar.xz").standardizedFileURL
    guard files.fileExists(atPath: file.path) else {
      print("skipped: \(archive) is not at hand; set VIGIL_DATA or VIGIL_DATA_UNPACKED")
      return nil
    }
    let folder = files.temporaryDirectory.appending(path: "vigil-\(archive)-\(UUID().uuidString)")
    try? files.createDirectory(at: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["tar", "-xf", file.path, "-C", folder.path]
    guard (try? process.start()) != nil else { return nil }
    process.waitUntilExit()
    return process.terminationStatus == 0 ? folder : nil
  }

  /// The files below a folder whose name ends so, in order of their paths.
  static func files(in folder: URL, suffix: String) -> [URL] {
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { $0.hasSuffix(suffix) }.sorted().map { folder.appending(path: $0) }
  }
}
