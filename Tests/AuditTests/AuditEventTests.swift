// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import TestSupport
import Testing

/// The trail as FHIR: each record an AuditEvent, found by ITI-81's parameters.
@Suite struct AuditEventTests {
  private static let key = PseudonymKey(bytes: [UInt8](repeating: 5, count: 32))
  static let log = "vigil.invalid/trail"

  /// Records of all kinds: every property takes several values, in periods that have no common factor.
  private static func record(_ number: Int) -> AuditRecord {
    let kinds = AuditEntry.Kind.allCases
    var entry = AuditEntry(
      time: Instant(milliseconds: 1_772_323_200_000 + Int64(number) * 1_111_000), kind: kinds[number % kinds.count])
    if number % 3 > 0 { entry.patient = key.patient("p\(number % 5)", of: number % 2 == 0 ? "" : "ehr") }
    if number % 31 == 0 { entry.patient = key.patient("a,b") }
    let isOfPerson = [.read, .control, .key, .erasure, .hold, .release, .review, .amendment].contains(entry.kind)
    if isOfPerson {
      entry.origin = ["ann", "bob"][number % 2]
      entry.note = "note \(number % 3)"
    }
    if entry.kind == .amendment { (entry.amends, entry.note) = (Int64(number), nil) }
    if [.hold, .release].contains(entry.kind) { entry.legalCase = "2026-\(number % 3)" }
    if entry.kind == .rejection { entry.origin = ["203.0.113.7", "203.0.113.77", "2001:db8::1"][number % 3] }
    if [.answer, .feedback].contains(entry.kind) {
      entry.client = ["ehr", "south"][number % 2]
      if number % 5 > 0 { entry.user = "Practitioner/\(number % 5)" }
      if number % 4 > 0 { entry.token = "jti-\(number)" }
      entry.hook = "patient-view"
      entry.hookInstance = number % 7 == 6 ? key.hookInstance("Ann|Lee 1950") : "instance-\(number % 7)"
      entry.models = [AuditEntry.Model(id: "prognosis", version: "1.\(number % 4).0", digest: [1, 2])]
    }
    // A reading without a status is a person's at the command line, and its origin no address.
    if entry.kind == .read, number % 2 == 0 { entry.outcome = "emergency" }
    if entry.kind != .read { entry.status = number % 13 == 0 ? 503 : number % 7 == 0 ? 401 : 200 }
    entry.reason = "X\(number % 4)"
    let token = entry.patient.map { [UInt8](repeating: $0[0], count: 32) }
    return AuditRecord(
      sequence: Int64(number + 1), entry: entry, commitment: number % 2 == 0 ? [7] : nil, subject: token)
  }

  static let records = (0..<400).map(record)

  /// Each parameter with a plain filter over the entries that says the same in other words.
  private static let parameters: [(query: String, matches: @Sendable (AuditRecord) -> Bool)] = {
    let kinds: (AuditEntry.Kind...) -> @Sendable (AuditRecord) -> Bool = { kinds in { kinds.contains($0.entry.kind) } }
    let middle = records[200].entry.time
    let dcm = "http://dicom.nema.org/resources/ontology/DCM"
    let life = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
    return [
      ("_id=\(records[16].auditEventID(log: log))", { $0.sequence == 17 }), ("_id=17", { _ in false }),
      (
        "_id=\(records[16].auditEventID(log: log)),\(records[17].auditEventID(log: log)),9999-1",
        { [17, 18].contains($0.sequence) }
      ),
      ("date=ge\(middle)", { $0.entry.time.milliseconds >= middle.milliseconds / 1000 * 1000 }),
      ("date=lt\(middle)", { $0.entry.time.milliseconds < middle.milliseconds / 1000 * 1000 }),
      ("date=2026-03-02", { $0.entry.time.description.hasPrefix("2026-03-02T") }),
      ("date=ne2026-03-02", { !$0.entry.time.description.hasPrefix("2026-03-02T") }),
      ("_lastUpdated=gt2026-03-02", { $0.entry.time.description >= "2026-03-03" }),
      ("date=le2026-03-02", { $0.entry.time.description < "2026-03-03" }),
      ("address=203.0.113.7", { $0.entry.kind == .rejection && $0.entry.origin?.hasPrefix("203.0.113.7") == true }),
      ("address:exact=203.0.113.7", { $0.entry.kind == .rejection && $0.entry.origin == "203.0.113.7" }),
      ("address=2001:DB8", { $0.entry.kind == .rejection && $0.entry.origin == "2001:db8::1" }),
      ("agent.identifier=urn:vigil:client|ehr", { $0.entry.client == "ehr" }),
      ("agent.identifier=ann", { $0.entry.client == nil && $0.entry.origin == "ann" }),
      ("agent.identifier=urn:vigil:client|ann", { _ in false }),
      (
        "agent.identifier=urn:vigil:clinician:ehr|Practitioner/3",
        { $0.entry.client == "ehr" && $0.entry.user == "Practitioner/3" }
      ), ("agent.identifier=Practitioner/4", { $0.entry.user == "Practitioner/4" }),
      ("patient.identifier=urn:vigil:patient|p3", { $0.entry.patient == key.patient("p3") }),
      ("patient.identifier=urn:vigil:patient:ehr|p3", { $0.entry.patient == key.patient("p3", of: "ehr") }),
      (
        "patient.identifier=urn:vigil:subject|\(AuditRecord.hexadecimal(records[4].subject ?? []))",
        { $0.subject == records[4].subject }
      ),
      ("patient.identifier=p3", { $0.entry.patient == key.patient("p3") }),
      (#"patient.identifier=urn:vigil:patient|a\,b"#, { $0.entry.patient == key.patient("a,b") }),
      (
        #"patient.identifier=urn:vigil:patient|a\,b,urn:vigil:patient|p3"#,
        {
          [key.patient("a,b"), key.patient("p3")].contains($0.entry.patient)
        }
      ),
      (#"entity.identifier=Ann\|Lee 1950"#, { $0.entry.hookInstance == key.hookInstance("Ann|Lee 1950") }),
      ("entity.identifier=urn:vigil:hook-instance|instance-3", { $0.entry.hookInstance == "instance-3" }),
      ("entity.identifier=urn:vigil:model|prognosis|1.2.0", { $0.entry.models.contains { $0.version == "1.2.0" } }),
      ("entity.identifier=urn:vigil:case|2026-1", { $0.entry.legalCase == "2026-1" }),
      ("entity.identifier=2026-2", { $0.entry.legalCase == "2026-2" }),
      ("entity-type=1", { $0.subject != nil }), ("entity-role=19", { !$0.entry.models.isEmpty }),
      ("entity-role=http://terminology.hl7.org/CodeSystem/object-role|1", { $0.subject != nil }),
      ("source.identifier=urn:vigil:log|\(log)", { _ in true }), ("source.identifier=other", { _ in false }),
      ("type=rest", kinds(.answer, .rejection, .feedback)), ("type=\(dcm)|110101", kinds(.read)),
      ("type=\(life)|", kinds(.erasure, .hold, .release, .review, .amendment)), ("type=|rest", { _ in false }),
      ("subtype=operation", kinds(.answer, .rejection)), ("subtype=110120,110121", kinds(.start, .stop)),
      ("outcome=0", { $0.entry.status ?? 200 == 200 }), ("outcome=4,8", { $0.entry.status ?? 200 != 200 }),
      ("outcome=http://terminology.hl7.org/CodeSystem/audit-event-outcome|8", { $0.entry.status == 503 }),
    ]
  }()

  private static func search(_ queries: [String]) throws -> AuditEventSearch {
    try AuditEventSearch(
      queries.map { query in
        let sides = query.split(separator: "=", maxSplits: 1).map(String.init)
        return (sides[0], sides[1])
      }, key)
  }

  /// Every parameter and every pair of them against the plain filters.
  @Test func aSearchFindsWhatAPlainFilterFinds() throws {
    let events = Self.records.map { $0.auditEvent(log: Self.log) }
    var nonempty = 0
    for first in Self.parameters {
      for second in Self.parameters {
        let search = try Self.search([first.query, second.query])
        let found = zip(Self.records, events).filter { search.matches($0, $1) }.map(\.0.sequence)
        let wanted = Self.records.filter { first.matches($0) && second.matches($0) }.map(\.sequence)
        #expect(found == wanted, "\(first.query)&\(second.query)")
        if !wanted.isEmpty && wanted.count < 400 { nonempty += 1 }
      }
    }
    #expect(nonempty > 300)
  }

  @Test(arguments: ["quill=1", "_id=", "date=yesterday", "type=rest,", "address:contains=1", "_sort=date"])
  func whatIsNoSearchIsRefused(_ query: String) throws {
    let sides = query.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    do {
      _ = try AuditEventSearch([("_id", "1"), (sides[0], sides[1])], Self.key)
      Issue.record("read: \(query)")
    } catch {
      #expect(error.place == 1)
    }
  }

  /// Pages of any size, while others write: together what one page has, none twice.
  @Test(arguments: TestStore.atHand) func pagesStayAsTheyAre(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 0..<60 { _ = try await trail.append(Self.record(number).entry) }
    let reader = try AuditReader(directory: directory.data)
    let search = try AuditEventSearch([("type", "rest")], trail.pseudonyms)
    let whole = try reader.auditEvents(search, before: nil, limit: 500, log: Self.log)
    #expect(whole.next == nil && whole.events.count > 10)
    for limit in [1, 3, 7] {
      var events: [JSON] = []
      var before: Int64? = Int64(61)
      while let start = before {
        let page = try reader.auditEvents(search, before: start, limit: limit, log: Self.log)
        events += page.events
        before = page.next
        _ = try await trail.append(Self.record(0).entry)
      }
      #expect(events == whole.events)
    }
    try trail.close()
  }

  /// Through the index the same records are found as by looking at each, for every parameter and many pairs.
  @Test(arguments: TestStore.atHand) func theIndexFindsTheSame(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    // More than a block, so that most are found by the index and some are read through.
    try await appendTogether(0...4500, to: trail) { Self.record($0 % 400).entry }
    let reader = try AuditReader(directory: directory.data)
    let records = try reader.list(limit: .max)
    #expect(records.count == 4501)
    let queries =
      Self.parameters.map(\.query).filter { !$0.contains("urn:vigil:subject|") }
      + ["_id=\(records[7].auditEventID(log: Self.log)),\(records[4400].auditEventID(log: Self.log))"]
    for (place, query) in queries.enumerated() {
      for other in [query, queries[(place + 7) % queries.count]] {
        let sides = [query, other].map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        let search = try AuditEventSearch(sides.map { ($0[0], $0[1]) }, Self.key)
        let page = try reader.auditEvents(search, before: nil, limit: 10_000, log: Self.log)
        let wanted = records.map { ($0, $0.auditEvent(log: Self.log)) }.filter { search.matches($0.0, $0.1) }.map(\.1)
        #expect(page.events == wanted && page.next == nil, "\(query)&\(other)")
      }
    }
    try trail.close()
  }

  /// Who read over HTTP is the client at its address, and no person of that name.
  @Test func aClientIsNoPerson() {
    var entry = AuditEntry(time: Instant(milliseconds: 0), kind: .read)
    (entry.client, entry.origin, entry.status) = ("auditor", "203.0.113.9", 200)
    let event = AuditRecord(sequence: 1, entry: entry, commitment: nil).auditEvent(log: Self.log)
    guard case .array(let agents)? = event["agent"] else { return #expect(Bool(false)) }
    #expect(agents[0]["who"]?["identifier"]?["value"] == "auditor" && agents[0]["network"]?["address"] == "203.0.113.9")
    entry.client = nil
    let open = AuditRecord(sequence: 1, entry: entry, commitment: nil).auditEvent(log: Self.log)
    guard case .array(let callers)? = open["agent"] else { return #expect(Bool(false)) }
    #expect(callers[0]["who"] == nil && callers[0]["network"]?["address"] == "203.0.113.9")
  }

  /// A clinician at a client began it, and nobody else; the token is known by its name alone.
  @Test func aClinicianIsAnAgentBesideTheClient() {
    var entry = AuditEntry(time: Instant(milliseconds: 0), kind: .answer)
    (entry.client, entry.user, entry.token) = ("ehr", "Practitioner/7", "a-jti")
    func agents() -> [JSON] {
      let event = AuditRecord(sequence: 1, entry: entry, commitment: nil).auditEvent(log: Self.log)
      if case .array(let agents)? = event["agent"] { return agents }
      return []
    }
    let both = agents()
    #expect(both.map { $0["requestor"] } == [.boolean(false), .boolean(true), .boolean(false)])
    #expect(both[0]["policy"] == .array([.string("a-jti")]) && both[1]["policy"] == nil)
    #expect(both[1]["who"]?["identifier"]?["value"] == "Practitioner/7")
    #expect(both[1]["who"]?["identifier"]?["system"] == "urn:vigil:clinician:ehr")
    entry.token = "a jti"
    #expect(agents()[0]["policy"] == nil, "no uri")
    (entry.user, entry.token) = (nil, nil)
    #expect(agents().map { $0["requestor"] } == [.boolean(true), .boolean(false)])
    #expect(agents()[0]["policy"] == nil)
  }

  /// What stands in an AuditEvent or Provenance is what a leaf holds: no identifier, no pseudonym, no result.
  @Test func nobodyIsNamed() {
    for record in Self.records {
      let text = record.auditEvent(log: Self.log).text() + (record.provenance(log: Self.log)?.text() ?? "")
      if let patient = record.entry.patient { #expect(!text.contains(AuditRecord.hexadecimal(patient))) }
    }
    #expect(
      Self.records.compactMap { $0.provenance(log: Self.log) }.count
        == Self.records.count { [.answer, .amendment].contains($0.entry.kind) })
  }

  /// Each is valid by HL7's schema. Runs where the schema and Python's jsonschema are at hand.
  @Test func eachIsValidByTheSchema() throws {
    let root = ProcessInfo.processInfo.environment["VIGIL_DATA_UNPACKED"] ?? "/nonexistent"
    let schema = "\(root)/fhir-r4-examples/hl7-r4-schema/fhir.schema.json"
    guard FileManager.default.fileExists(atPath: schema) else {
      return print("skipped: HL7's schema is not at hand; set VIGIL_DATA_UNPACKED")
    }
    let all = Self.records.flatMap { [$0.auditEvent(log: Self.log), $0.provenance(log: Self.log)].compactMap(\.self) }
    let file = FileManager.default.temporaryDirectory.appending(path: "vigil-\(UUID().uuidString).json")
    try Data(JSON.array(all).encoded()).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let script = """
      import json, sys
      try:
        import jsonschema
      except ImportError:
        sys.exit(77)
      schema = json.load(open(sys.argv[1]))
      checks, errors = {}, []
      for resource in json.load(open(sys.argv[2])):
        kind = resource["resourceType"]
        if kind not in checks:
          checks[kind] = jsonschema.Draft6Validator({"$schema": schema["$schema"], "definitions": schema["definitions"],
                                                     "$ref": "#/definitions/" + kind})
        errors.extend(e.message[:200] for e in checks[kind].iter_errors(resource))
      print(sorted(set(errors)))
      sys.exit(1 if errors or len(checks) != 2 else 0)
      """
    for python in ["python3", "/usr/bin/python3"] {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = [python, "-c", script, schema, file.path]
      try process.start()
      process.waitUntilExit()
      if process.terminationStatus == 77 { continue }
      #expect(process.terminationStatus == 0)
      return
    }
    print("skipped: Python's jsonschema is not installed")
  }
}
