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
    try await trail(store, patients.map { answer(of: $0, client: client) })
  }

  static func trail(_ store: TestStore, _ entries: [AuditEntry]) async throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for entry in entries { _ = try await trail.append(entry) }
    try trail.close()
    return directory
  }

  /// Answers of which the features are these.
  static func answers(of patients: Range<Int>, features: String) -> [AuditEntry] {
    patients.map { number in
      var entry = answer(of: number, client: "ehr")
      entry.payload?.features = Array(features.utf8)
      return entry
    }
  }

  static func row(_ rows: [[String: String]], _ came: String, _ key: String) -> [String: String]? {
    rows.first { $0["came"] == came && $0["key"] == key }
  }

  /// The rows by the names of their columns.
  static func rows(_ made: ReportTests.Made) -> [[String: String]] {
    made.rows.map { Dictionary(zip(TrailReport.Kind.minimum.columns, $0), uniquingKeysWith: { first, _ in first }) }
  }

  static func number(_ row: [String: String]?, _ column: String) -> Int? { row?[column].flatMap { Int($0) } }

  @Test(arguments: TestStore.atHand) func bytesAreCountedByWhatWasReadOfThem(_ store: TestStore) async throws {
    let made = try Self.reports.report(try await Self.trail(store, patients: 10..<22), .minimum)
    let rows = Self.rows(made)
    func row(_ came: String, _ key: String) -> [String: String]? { Self.row(rows, came, key) }
    let observation = Self.resource("Observation", "lab-10-a").utf8.count
    let laboratory = row("sent", "laboratory")
    #expect(laboratory?["type"] == "Observation" && Self.number(laboratory, "resources") == 24)
    #expect(Self.number(laboratory, "bytes") == 24 * observation && Self.number(laboratory, "read") == 12 * observation)
    #expect(Self.number(laboratory, "of no use") == 12 * observation && laboratory?["of no use (%)"] == "50.0")
    #expect(laboratory?["note"] == "" && laboratory?["not asked"] == "0")
    // What came twice was of use once.
    let again = row("sent", "other-observations")
    #expect(again?["note"] == "never read" && again?["of no use (%)"] == "100.0")
    let vital = row("fetched", "vital-signs")
    let vitals = 12 * Self.resource("Observation", "vital-10").utf8.count
    #expect(vital?["note"] == "never read" && Self.number(vital, "of no use") == vitals)
    let stay = row("sent", "encounters")
    #expect(stay?["read"] == "0" && stay?["note"] == "")
    #expect(Self.number(stay, "stay and orders") == 12 * Self.resource("Encounter", "encounter-10").utf8.count)

    // The whole is what was kept, but for what is of three patients, and the rows are the whole.
    let all = row("all", "")
    let kept = (10..<22).map { Self.payload(of: $0) }.reduce(0) { $0 + $1.request.count + ($1.fetched?.count ?? 0) }
    let shots = 3 * Self.resource("Immunization", "shot-10").utf8.count
    #expect(all?["answers"] == "12" && Self.number(all, "bytes") == kept - shots)
    let parts = rows.filter { $0["came"] != "all" }
    for column in ["resources", "bytes", "read", "stay and orders", "of no use", "not asked"] {
      #expect(parts.compactMap { Self.number($0, column) }.reduce(0, +) == Self.number(all, column), "\(column)")
    }
    // Of the parts of body measures none is told, so they are in no share.
    let known = ["read", "stay and orders", "of no use"].compactMap { Self.number(all, $0) }.reduce(0, +)
    let share = Double(Self.number(all, "of no use") ?? 0) / Double(known) * 100
    let told = all?["of no use (%)"].flatMap { Double($0) } ?? 0
    #expect(share > 1 && abs(told - share) < 0.06)
    // Nobody is shown.
    #expect(made.report.patients.pseudonyms.isEmpty)
  }

  /// An answer that abstained took no value and says nothing of what it needs; nor does one of which a single model did.
  @Test(arguments: TestStore.atHand) func whatNoModelWasAskedAboutIsNotCalledOfNoUse(_ store: TestStore) async throws {
    let bare = "{\"model\":\"diagnosis\",\"package\":\"d\",\"hour\":400.0}"
    let abstained = Self.answers(of: 10..<21, features: "[\(bare)]")
    var rows = Self.rows(try Self.reports.report(try await Self.trail(store, abstained), .minimum))
    let came = 11 * 2 * Self.resource("Observation", "lab-10-a").utf8.count
    var laboratory = Self.row(rows, "sent", "laboratory")
    #expect(Self.number(laboratory, "not asked") == came && laboratory?["of no use"] == "0")
    #expect(laboratory?["of no use (%)"] == "" && laboratory?["note"] == "in no answer was every model asked")
    #expect(!rows.contains { $0["note"]?.contains("never read") == true })

    // Of two models one was asked, and took a value.
    var half: [AuditEntry] = []
    for number in 10..<21 {
      let source = "{\"resource\":\"Observation/lab-\(number)-a\"}"
      let asked = "{\"model\":\"prognosis\",\"sources\":[\(source)]}"
      half += Self.answers(of: number..<number + 1, features: "[\(bare),\(asked)]")
    }
    rows = Self.rows(try Self.reports.report(try await Self.trail(store, half), .minimum))
    laboratory = Self.row(rows, "sent", "laboratory")
    #expect(Self.number(laboratory, "read") == came / 2 && Self.number(laboratory, "not asked") == came / 2)
    #expect(laboratory?["of no use"] == "0")

    // What others did not need is no more told than of them.
    let both = abstained + (21..<32).map { Self.answer(of: $0, client: "ehr") }
    rows = Self.rows(try Self.reports.report(try await Self.trail(store, both), .minimum))
    #expect(Self.row(rows, "fetched", "vital-signs")?["note"] == "never read where every model was asked")
    // And of few who abstained nothing is told.
    let few = Array(abstained.prefix(1)) + (21..<32).map { Self.answer(of: $0, client: "ehr") }
    rows = Self.rows(try Self.reports.report(try await Self.trail(store, few), .minimum))
    let vital = Self.row(rows, "fetched", "vital-signs")
    #expect(vital?["of no use"] == "" && vital?["not asked"] == "" && vital?["note"]?.contains("fewer than 11") == true)
  }

  /// Without an id a resource is called by its path; what it contains is named behind its name.
  @Test(arguments: TestStore.atHand) func resourcesAreFoundByWhatFeaturesCallThem(_ store: TestStore) async throws {
    let chart = Self.bundle(["{\"resourceType\":\"Observation\"}", Self.resource("Observation", "panel")])
    let names = ["$.prefetch.laboratory.entry[0].resource", "Observation/panel#part"]
    let sources = names.map { "{\"resource\":\"\($0)\"}" }.joined(separator: ",")
    var entries = Self.answers(of: 10..<21, features: "[{\"model\":\"prognosis\",\"sources\":[\(sources)]}]")
    for place in entries.indices {
      let request = "{\"hook\":\"patient-view\",\"prefetch\":{\"laboratory\":\(chart)}}"
      entries[place].payload?.request = Array(request.utf8)
    }
    let rows = Self.rows(try Self.reports.report(try await Self.trail(store, entries), .minimum))
    let laboratory = Self.row(rows, "sent", "laboratory")
    #expect(Self.number(laboratory, "resources") == 22 && laboratory?["of no use"] == "0")
    #expect(laboratory?["read"] == laboratory?["bytes"])
  }

  /// A chart in XML is told by its size alone; where the features cannot be read nobody knows what was.
  @Test(arguments: TestStore.atHand) func whatCannotBeTakenApartIsNotCalledOfNoUse(_ store: TestStore) async throws {
    let chart = Array("<Bundle xmlns=\"http://hl7.org/fhir\"/>".utf8)
    var entries = Self.answers(of: 10..<21, features: "[{\"model\":\"prognosis\",\"sources\":[]}]")
    for place in entries.indices {
      entries[place].payload?.request = chart
      entries[place].payload?.fetched = nil
    }
    entries += Self.answers(of: 30..<41, features: "[")
    let made = try Self.reports.report(try await Self.trail(store, entries), .minimum)
    let rows = Self.rows(made)
    #expect(rows.map { $0["type"] } == ["", "not taken apart"] && rows.first?["answers"] == "11")
    #expect(Self.number(rows.last, "bytes") == 11 * chart.count && rows.last?["note"]?.contains("XML") == true)
    #expect(rows.allSatisfy { $0["of no use (%)"] == "" } && rows.last?["of no use"] == "")
    #expect(made.facts["answers of which what is kept was changed"] == "11")
  }

  /// What three of twelve patients have stands in no row, is told by no sum, and its key is not repeated.
  @Test(arguments: TestStore.atHand) func whatIsOfFewPatientsIsNotTold(_ store: TestStore) async throws {
    let made = try Self.reports.report(try await Self.trail(store, patients: 10..<22), .minimum)
    let rows = Self.rows(made)
    #expect(!made.rows.joined().contains { $0.contains("Immunization") || $0.contains("Lovelace") })
    let untold = rows.filter { $0["note"] == "of few patients: not told" }
    #expect(untold.count == 1 && untold.first?["bytes"] == "" && untold.first?["type"] == "")
    #expect(Self.number(rows.first { $0["type"] == "Patient" }, "resources") == 12)
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
    #expect(facts["answers about erased patients"] == "yes")
    #expect(facts["answers of which what is kept was changed"] == "some")
    #expect(facts["answers of which nothing is kept"] == "some" && facts["answers about no patient"] == "1")
    // What of others is put under the key that is gone is not erased.
    try directory.tamper(
      "UPDATE payload SET subject = (SELECT subject FROM payload WHERE sequence = 1) WHERE sequence BETWEEN 2 AND 12")
    let moved = try Self.reports.report(directory, .minimum)
    #expect(moved.facts["answers of which what is kept was changed"] == "11")
    // By the criteria of a search, as every report.
    var search = AuditReader.Search()
    search.client = "another"
    let none = try Self.reports.report(directory, .minimum, search)
    #expect(none.rows.isEmpty && none.facts["answers about erased patients"] == "no")
    #expect(none.facts["answers of which what is kept was changed"] == "none")
  }
}
