// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// How much of what came no value was taken from; and nothing that is of few patients.
@Suite struct MinimumReportTests {
  static let reports = ReportTests()

  static func bundle(_ resources: [String]) -> String {
    let entries = resources.map { "{\"resource\":\($0)}" }.joined(separator: ",")
    return "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[\(entries)]}"
  }

  static func resource(_ type: String, _ id: String) -> String { "{\"resourceType\":\"\(type)\",\"id\":\"\(id)\"}" }

  /// What came for patient 10 to 99: of two laboratory values one was read, and it came again under another key; of the vital signs,
  /// which were fetched, none; of the body measures only those of patients before 13, who alone have an immunization.
  static func payload(of number: Int) -> AuditPayload {
    let isFirst = number < 13
    var prefetch = [
      "\"patient\":\(resource("Patient", "p-\(number)"))",
      "\"encounters\":\(bundle([resource("Encounter", "encounter-\(number)")]))",
      "\"laboratory\":\(bundle(["a", "b"].map { resource("Observation", "lab-\(number)-\($0)") }))",
      "\"other-observations\":\(bundle([resource("Observation", "lab-\(number)-a")]))",
      "\"body-measures\":\(bundle([resource("Observation", "body-\(number)")]))",
    ]
    if isFirst { prefetch.append("\"Lovelace\":\(resource("Immunization", "shot-\(number)"))") }
    let request = "{\"hook\":\"patient-view\",\"prefetch\":{\(prefetch.joined(separator: ","))}}"
    let names =
      ["Patient/p-\(number)", "Observation/lab-\(number)-a"] + (isFirst ? ["Observation/body-\(number)"] : [])
    let sources = names.map { "{\"resource\":\"\($0)\",\"code\":\"c\",\"value\":\"1\"}" }.joined(separator: ",")
    return AuditPayload(
      request: Array(request.utf8), requestMediaType: "application/json",
      features: Array("[{\"model\":\"prognosis\",\"sources\":[\(sources)]}]".utf8), outputs: [],
      response: Array("{\"cards\":[]}".utf8), responseMediaType: "application/json",
      fetched: Array("{\"vital-signs\":[\(bundle([resource("Observation", "vital-\(number)")]))]}".utf8))
  }

  static func answer(of number: Int, client: String) -> AuditEntry {
    var entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_000 + Int64(number)), kind: .answer)
    entry.client = client
    entry.service = "patient-risk"
    entry.status = 200
    entry.patient = [UInt8](repeating: UInt8(number), count: 32)
    entry.payload = payload(of: number)
    return entry
  }

  static func trail(_ store: TestStore, patients: Range<Int>, client: String = "ehr") async throws -> TemporaryDirectory
  {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in patients { _ = try await trail.append(answer(of: number, client: client)) }
    try trail.close()
    return directory
  }

  /// The rows by the names of their columns.
  static func rows(_ made: ReportTests.Made) -> [[String: String]] {
    made.rows.map { Dictionary(zip(TrailReport.Kind.minimum.columns, $0), uniquingKeysWith: { first, _ in first }) }
  }

  static func number(_ row: [String: String]?, _ column: String) -> Int? { row?[column].flatMap { Int($0) } }

  @Test(arguments: TestStore.atHand) func bytesAreCountedByWhatWasReadOfThem(_ store: TestStore) async throws {
    let made = try Self.reports.report(try await Self.trail(store, patients: 10..<22), .minimum)
    let rows = Self.rows(made)
    func row(_ came: String, _ key: String) -> [String: String]? {
      rows.first { $0["came"] == came && $0["key"] == key }
    }
    let observation = Self.resource("Observation", "lab-10-a").utf8.count
    let laboratory = row("sent", "laboratory")
    #expect(laboratory?["type"] == "Observation" && Self.number(laboratory, "resources") == 24)
    #expect(Self.number(laboratory, "bytes") == 24 * observation && Self.number(laboratory, "read") == 12 * observation)
    #expect(Self.number(laboratory, "of no use") == 12 * observation && laboratory?["of no use (%)"] == "50.0")
    #expect(laboratory?["note"] == "")
    // What came twice was of use once.
    let again = row("sent", "other-observations")
    #expect(again?["note"] == "never read" && again?["of no use (%)"] == "100.0")
    let vital = row("fetched", "vital-signs")
    let vitals = 12 * Self.resource("Observation", "vital-10").utf8.count
    #expect(vital?["note"] == "never read" && Self.number(vital, "of no use") == vitals)
    let stay = row("sent", "encounters")
    #expect(Self.number(stay, "of no use") == 0 && stay?["note"] == "")
    #expect(Self.number(stay, "stay and orders") == 12 * Self.resource("Encounter", "encounter-10").utf8.count)

    // The whole is what was kept, and the rows are the whole.
    let all = row("all", "")
    let kept = (10..<22).map { Self.payload(of: $0) }.reduce(0) { $0 + $1.request.count + ($1.fetched?.count ?? 0) }
    #expect(all?["answers"] == "12" && Self.number(all, "bytes") == kept)
    let parts = rows.filter { $0["came"] != "all" }
    #expect(parts.compactMap { Self.number($0, "bytes") }.reduce(0, +) == kept)
    for column in ["read", "stay and orders", "of no use"] {
      #expect(parts.compactMap { Self.number($0, column) }.reduce(0, +) == Self.number(all, column), "\(column)")
    }
    // Nobody is shown.
    #expect(made.report.patients.pseudonyms.isEmpty)
  }

  /// What three of twelve patients have stands in no row by itself, is told by no sum, and its key is not repeated.
  @Test(arguments: TestStore.atHand) func whatIsOfFewPatientsIsNotTold(_ store: TestStore) async throws {
    let made = try Self.reports.report(try await Self.trail(store, patients: 10..<22), .minimum)
    let rows = Self.rows(made)
    #expect(!made.rows.joined().contains { $0.contains("Immunization") || $0.contains("Lovelace") })
    let together = rows.first { $0["note"] == "of few patients, put together" }
    // With the smallest of the others: who knows the sum of all learns nothing about the three.
    #expect(Self.number(together, "resources") == 15 && together?["read"] == "" && together?["of no use"] == "")
    #expect(!rows.contains { $0["type"] == "Patient" })
    let body = rows.first { $0["key"] == "body-measures" }
    #expect(Self.number(body, "resources") == 12 && body?["read"] == "" && body?["of no use"] == "")
    #expect(body?["note"]?.contains("fewer than 11") == true)
  }

  @Test(arguments: TestStore.atHand) func ofTenPatientsNothingIsTold(_ store: TestStore) async throws {
    let made = try Self.reports.report(try await Self.trail(store, patients: 10..<20, client: "small"), .minimum)
    #expect(made.rows.count == 1)
    #expect(made.rows.first?.filter { !$0.isEmpty }.prefix(2) == ["small", "patient-risk"])
    #expect(made.rows.first?.dropFirst(2).dropLast().allSatisfy(\.isEmpty) == true)
  }

  /// What cannot be opened is counted, and holds up nothing.
  @Test(arguments: TestStore.atHand) func erasedAndChangedAnswersAreCounted(_ store: TestStore) async throws {
    let directory = try await Self.trail(store, patients: 10..<23)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.done(.erasure, to: [UInt8](repeating: 10, count: 32))
    var bare = Self.answer(of: 30, client: "ehr")
    bare.payload = nil
    _ = try await trail.append(bare)
    var nobodys = Self.answer(of: 31, client: "ehr")
    nobodys.patient = nil
    _ = try await trail.append(nobodys)
    try trail.close()
    try directory.tamper("UPDATE payload SET bytes = flip(bytes, 40) WHERE sequence = 2")
    let made = try Self.reports.report(directory, .minimum)
    #expect(Self.rows(made).first { $0["came"] == "all" }?["answers"] == "11")
    let facts = made.facts
    #expect(facts["answers about erased patients"] == "<11")
    #expect(facts["answers of which what is kept was changed"] == "1")
    #expect(facts["answers of which nothing is kept"] == "1" && facts["answers about no patient"] == "1")
    // By the criteria of a search, as every report.
    var search = AuditReader.Search()
    search.client = "another"
    #expect(try Self.reports.report(directory, .minimum, search).rows.isEmpty)
  }
}
