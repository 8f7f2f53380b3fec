// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation
import Judgement
import Networks
import Testing
import Training

/// Evidence on disk and as columns: nothing is lost, stays and patients are told apart.
@Suite struct EvidenceTableTests {
  private static let month = 31 * 24 * 3_600_000

  /// Charts of some patients, of whom some come twice and some have two stays, with gaps in what was said and in what is known.
  private static func charts(_ count: Int, seed: UInt64) throws -> [ChartEvidence] {
    var random = RandomSource(seed: seed)
    return try (0..<count).map { chart in
      let rows = (0..<random.index(below: 40)).map { hour in
        Samples.Row(
          hour: hour % 20, at: hour, unit: random.uniform() < 0.5 ? "Location/\(random.index(below: 3))" : nil,
          said: [
            [
              .init(
                p: random.uniform() < 0.2 ? nil : random.uniform(),
                label: random.uniform() < 0.2 ? nil : random.uniform() < 0.3, yes: random.uniform() < 0.5)
            ]
          ], origin: hour < 20 ? 0 : month)
      }
      return try Samples.evidence("p\(chart % 7 == 3 ? chart - 1 : chart)", rows: rows)
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    let package = try Samples.package("icu-prognosis")
    let charts = try Self.charts(400, seed: 5)
    var direct = EvidenceTable([package])
    for chart in charts { direct.append(chart) }
    let path = NSTemporaryDirectory() + "vigil-evidence-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let bytes = charts.flatMap(\.line)
    // Several chunks of the reader, so that lines lie across their bounds.
    #expect(bytes.count > 3 * 256 << 10)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let read = try EvidenceTable(path: path, [package])
    #expect(read.records == direct.records && read.instants == direct.instants && read.patients == direct.patients)
    let (a, b) = (read.models[0].outcomes[0], direct.models[0].outcomes[0])
    #expect(a.labels == b.labels && a.sets == b.sets)
    #expect(a.probabilities.map(\.bitPattern) == b.probabilities.map(\.bitPattern))
    #expect(read.models[0].hours == direct.models[0].hours && read.models[0].origins == direct.models[0].origins)
  }

  /// The scored rows against a walk over the lines as they were made.
  @Test func scoredRowsAreThoseThatAreStatedAndKnown() throws {
    struct Line: Decodable {
      struct Row: Decodable {
        struct Model: Decodable {
          struct Said: Decodable {
            var p: Double?
            var label: Bool?
          }
          var hour: Double
          var origin: Int
          var said: [Said]
        }
        var models: [Model]
      }
      var patient: String
      var rows: [Row]
    }
    let package = try Samples.package("icu-prognosis")
    let charts = try Self.charts(60, seed: 6)
    var table = EvidenceTable([package])
    for chart in charts { table.append(chart) }
    var expected: [(patient: String, origin: Int, p: Double, label: Bool, hour: Double)] = []
    var (place, stays, patients) = (0, [[Int]](), [String]())
    for chart in charts {
      let line = try JSONDecoder().decode(Line.self, from: Data(chart.line))
      if !patients.contains(line.patient) { patients.append(line.patient) }
      for origin in [0, Self.month] {
        var stay: [Int] = []
        for row in line.rows where row.models[0].origin == origin {
          defer { place += 1 }
          guard let p = row.models[0].said[0].p, let label = row.models[0].said[0].label else { continue }
          expected.append((line.patient, origin, p, label, row.models[0].hour))
          stay.append(place)
        }
        if !stay.isEmpty { stays.append(stay) }
      }
    }
    let (rows, positions) = table.scored(model: 0, outcome: 0, package.primary.outcome, isHourly: true)
    #expect(rows.probabilities == expected.map(\.p) && rows.labels == expected.map(\.label))
    #expect(rows.hours == expected.map(\.hour) && positions == stays.flatMap(\.self))
    #expect(rows.stays.map { positions[$0].map(\.self) } == stays)
    #expect(rows.alarms == expected.map { $0.p >= package.primary.outcome.alarm })
    // Each stay is of the patient whose it is, whatever the input.
    let owners = rows.stays.map { expected[$0.lowerBound].patient }
    let numbers = Dictionary(zip(owners, rows.patients)) { first, _ in first }
    #expect(Set(numbers.values).count == numbers.count && owners.map { numbers[$0] ?? -1 } == rows.patients)
    #expect(table.patientCount == patients.count && table.repeatedPatients == charts.count - patients.count)
  }

  /// Calls of a service about one patient are one course, in order of time: an alarm that goes on is one.
  @Test func callsOfAPatientAreOneCourse() async throws {
    let package = try Samples.package("icu-prognosis")
    let calls = try (0..<10).reversed().map { hour in
      try Samples.evidence(
        "p", rows: [.init(hour: hour, at: hour, said: [[.init(p: 0.9)], [.init(p: 0.95)]])])
    }
    let path = NSTemporaryDirectory() + "vigil-calls-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(calls.flatMap(\.line)).write(to: URL(fileURLWithPath: path))
    let apart = try EvidenceTable(path: path, [package, package])
    #expect(apart.stays(model: 0).count == 10)
    let table = try EvidenceTable(path: path, [package, package], joining: true)
    #expect(table.stays(model: 0).count == 1 && table.repeatedPatients == 0)
    #expect(table.instants == table.instants.sorted() && table.models[0].hours == (0..<10).map(Double.init))
    let found = await PairedComparison(table, [package, package], replicates: 5, jobs: 1).outcomes.first
    #expect(found?.begun.first == 1 && found?.begun.second == 1 && found?.alarms.both == 10)
  }

  @Test func chartsThatNameNobodyAreOfSeveral() throws {
    let package = try Samples.package("icu-prognosis")
    var table = EvidenceTable([package])
    for _ in 0..<3 { table.append(try Samples.evidence("", [[(0.5, true)]])) }
    #expect(table.patientCount == 3 && table.repeatedPatients == 0)
  }
}
