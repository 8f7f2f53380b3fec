// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

/// `GET /fhir/AuditEvent`: read by pages, each reading on record, nothing said of what was asked wrongly.
@Suite struct AuditEventReadTests {
  private func page(_ tested: ServiceUnderTest, _ path: String) async throws -> Document {
    let response = try await tested.send(.get, path)
    #expect(response.status == .ok && response.headers[.contentType] == "application/fhir+json")
    return try Document(Array(response.body.readableBytesView), syntax: .json)
  }

  /// The numbers of the records, which are the beginnings of their ids.
  private func ids(_ page: Document) -> [String] {
    page.root.elements("entry").compactMap { $0["resource"]?["id"]?.string }.map { String($0.prefix { $0 != "-" }) }
  }

  @Test func pagesFollowTheirLinks() async throws {
    let tested = try ServiceUnderTest(externalURL: "https://cds.hospital.example/")
    for number in 1...5 {
      var entry = AuditEntry(time: septicEnd, kind: .hold)
      entry.origin = "ann"
      entry.reason = "case \(number)"
      entry.patient = tested.trail.pseudonyms.patient("p\(number % 2)")
      _ = try await tested.trail.append(entry)
    }
    var next = "/fhir/AuditEvent?patient.identifier=urn%3Avigil%3Apatient%7Cp1&_count=2"
    var found: [String] = []
    for _ in 0..<2 {
      let page = try await page(tested, next)
      #expect(page.root["type"]?.string == "searchset")
      found += ids(page)
      let links = page.root.elements("link").filter { $0["relation"]?.string == "next" }
      guard let url = links.first?["url"]?.string, let start = url.range(of: "/fhir/") else { break }
      #expect(url.hasPrefix("https://cds.hospital.example/fhir/"), "as it is configured, whatever the caller calls it")
      next = String(url[start.lowerBound...])
    }
    // The readings are about p1 as well, and newer: they stand on no page that was begun before them.
    #expect(found == ["5", "3", "1"])
    let readings = try await page(tested, "/fhir/AuditEvent?type=110101&_count=1")
    #expect(ids(readings) == ["7"])
    let record = try AuditReader(directory: tested.trail.directory).record(6)
    #expect(record.entry.kind == .read && record.entry.patient == tested.trail.pseudonyms.patient("p1"))
    #expect(record.entry.origin != nil && record.entry.status == 200)
  }

  /// A page of several patients is a reading of each; the readings on it are of nobody again.
  @Test func eachPatientOnAPageIsOnRecord() async throws {
    let tested = try ServiceUnderTest()
    let patients = (0..<3).map { tested.trail.pseudonyms.patient("p\($0)") }
    for number in 0..<5 {
      var entry = AuditEntry(time: septicEnd, kind: .answer)
      entry.patient = number < 4 ? patients[number % 2] : patients[2]
      _ = try await tested.trail.append(entry)
    }
    _ = try await page(tested, "/fhir/AuditEvent?_before=5")
    var readings = try tested.records().dropFirst(5)
    #expect(readings.map(\.entry.patient) == [patients[1], patients[0]])
    #expect(
      readings.allSatisfy { $0.entry.kind == .read && $0.entry.note == "AuditEvent, 4" && $0.entry.status == 200 })
    _ = try await page(tested, "/fhir/AuditEvent?type=110101")
    readings = try tested.records().dropFirst(7)
    #expect(readings.map(\.entry.patient) == [nil], "a page of readings is one reading")
    // Several who are asked for, each of whom the trail knows.
    let asked = "urn:vigil:patient%7Cp0,urn:vigil:patient%7Cp2,urn:vigil:patient%7Cnobody"
    _ = try await page(tested, "/fhir/AuditEvent?type=rest&patient.identifier=\(asked)")
    #expect(try tested.records().dropFirst(8).map(\.entry.patient) == [patients[0], patients[2]])
  }

  /// Who looked at a patient is not to be read without saying whom one looked for, however it is asked.
  @Test func whoeverLooksForReadingsOfAPatientIsOnRecordWithThem() async throws {
    let tested = try ServiceUnderTest()
    var entry = AuditEntry(time: septicEnd, kind: .answer)
    entry.patient = tested.trail.pseudonyms.patient("p0")
    let answer = try await tested.trail.append(entry)
    var other = entry
    other.patient = tested.trail.pseudonyms.patient("p1")
    _ = try await tested.trail.append(other)
    _ = try await page(tested, "/fhir/AuditEvent?patient.identifier=urn:vigil:patient%7Cp0&type=rest")
    let subject = try AuditReader(directory: tested.trail.directory).find(one: answer).subject
    let token = AuditRecord.hexadecimal(try #require(subject))
    for asked in [
      "patient.identifier=urn:vigil:patient%7Cp0", "patient.identifier=urn:vigil:patient%7Cp0,urn:vigil:patient%7Cp0",
      "patient.identifier=urn:vigil:patient%7Cp0,urn:vigil:patient%7Cnobody",
      "patient.identifier=urn:vigil:patient%7Cp0,urn:vigil:subject%7C0",
      "patient.identifier=urn:vigil:subject%7C\(token)",
      "entity.identifier=urn:vigil:subject%7C\(token)", "entity.identifier=\(token)",
      "entity.identifier=urn:vigil:subject%7C",
    ] {
      let size = Int(tested.trail.size)
      let found = ids(try await page(tested, "/fhir/AuditEvent?type=110101&\(asked)"))
      #expect(!found.isEmpty, "\(asked)")
      #expect(try tested.records().dropFirst(size).map(\.entry.patient) == [entry.patient], "\(asked)")
    }
  }

  @Test(arguments: [
    "quill=1", "date=x", "_count=0", "_count=many", "_before=-1", "_format=xml", "type", "type=%ZZ", "_id=%FF",
  ])
  func whatIsNoSearchIsRefused(_ query: String) async throws {
    let tested = try ServiceUnderTest()
    let response = try await tested.send(.get, "/fhir/AuditEvent?\(query)")
    #expect(response.status == .badRequest)
    let text = String(buffer: response.body)
    #expect(text.contains("CDS039") && !text.contains("quill"))
  }

  /// R4 http.html#search: empty parameters are not an error.
  @Test func whatHasNoValueIsNoCondition() async throws {
    let tested = try ServiceUnderTest()
    _ = try await tested.trail.append(AuditEntry(time: septicEnd, kind: .answer))
    let all = ids(try await page(tested, "/fhir/AuditEvent?date=&_count=&outcome=&quill="))
    #expect(all.contains("1"))
  }

  /// R5 http.html#version-parameter.
  @Test func theCallerSaysTheRelease() async throws {
    let tested = try ServiceUnderTest()
    _ = try await tested.trail.append(AuditEntry(time: septicEnd, kind: .start))
    let response = try await tested.send(.get, "/fhir/AuditEvent", [.accept: "application/fhir+json; fhirVersion=5.0"])
    #expect(response.headers[.contentType] == "application/fhir+json; fhirVersion=5.0")
    let page = try Document(Array(response.body.readableBytesView), syntax: .json)
    let event = try #require(page.root.elements("entry").first?["resource"])
    #expect(event["code"]?.elements("coding").first?["code"]?.string == "110120" && event["type"] == nil)
  }

  /// An id is of one record: another leaf under its number is another event. Each reading is on record, with its patient.
  @Test func oneIsReadByItsID() async throws {
    let tested = try ServiceUnderTest()
    var entry = AuditEntry(time: septicEnd, kind: .answer)
    entry.patient = tested.trail.pseudonyms.patient("p1")
    _ = try await tested.trail.append(entry)
    let listed = try #require(try await page(tested, "/fhir/AuditEvent?type=rest").root.elements("entry").first)
    let id = try #require(listed["resource"]?["id"]?.string)
    #expect(listed["fullUrl"]?.string?.hasSuffix("/fhir/AuditEvent/\(id)") == true)
    let one = try await page(tested, "/fhir/AuditEvent/\(id)?_format=json")
    #expect(one.root["id"]?.string == id && JSON(one.root) == listed["resource"].map { JSON($0) })
    let reading = try #require(try tested.records().last).entry
    #expect(reading.kind == .read && reading.patient == entry.patient && reading.note == "AuditEvent/1")
    #expect(reading.origin != nil && reading.status == 200)
    // The reading is read in its turn, and of nobody.
    let event = try #require(try tested.records().last).auditEventID(log: tested.trail.logKey.name)
    let later = try await tested.send(
      .get, "/fhir/AuditEvent/\(event)", [.accept: "application/fhir+json; fhirVersion=5.0"])
    #expect(later.headers[.contentType] == "application/fhir+json; fhirVersion=5.0")
    #expect(try later.json()["category"] != nil)
    #expect(try #require(try tested.records().last).entry.patient == nil)
    let size = tested.trail.size
    for other in ["1", "1-", "1-0", "99-\(id.drop { $0 != "-" }.dropFirst())", "x", "\(id)0"] {
      let response = try await tested.send(.get, "/fhir/AuditEvent/\(other)")
      #expect(response.status == .notFound && response.text.contains("AUD006"), "\(other)")
    }
    let asked = try await tested.send(.get, "/fhir/AuditEvent/\(id)?patient=1")
    #expect(asked.status == .badRequest)
    #expect(try tested.records().dropFirst(Int(size)).allSatisfy { $0.entry.kind == .rejection })
  }

  /// R4 http.html#capabilities: what is said to be there is there, and what is there is said.
  @Test func theCapabilitiesAreThoseThatThereAre() async throws {
    let tested = try ServiceUnderTest(externalURL: "https://cds.hospital.example/")
    let statement = try await page(tested, "/fhir/metadata").root
    #expect(statement["resourceType"]?.string == "CapabilityStatement" && statement["fhirVersion"]?.string == "4.0.1")
    #expect(statement["implementation"]?["url"]?.string == "https://cds.hospital.example/fhir")
    // Without a URL for others it does not say where it listens.
    let unnamed = try await page(try ServiceUnderTest(), "/fhir/metadata").root["implementation"]
    #expect(unnamed?["description"] != nil && unnamed?["url"] == nil)
    let yaml = try OpenAPITests.yaml()
    #expect(statement["software"]?["version"]?.string == yaml["info"]?["version"]?.string)
    let rest = try #require(statement.elements("rest").first)
    let resource = try #require(rest.elements("resource").first)
    #expect(resource["type"]?.string == "AuditEvent")
    #expect(resource.elements("interaction").map { $0["code"]?.string } == ["read", "search-type"])
    let names = resource.elements("searchParam").compactMap { $0["name"]?.string }
    #expect(names.count == 13 && Set(names).count == 13)
    guard case .array(let described)? = yaml["paths"]?["/fhir/AuditEvent"]?["get"]?["parameters"] else {
      Issue.record("no parameters")
      return
    }
    #expect(Set(names) == Set(described.compactMap { $0["name"]?.string }).subtracting(["_count", "_before"]))
    for name in names {
      let value = name.hasSuffix("date") || name == "_lastUpdated" ? "2026-03-12" : "x"
      let response = try await tested.send(.get, "/fhir/AuditEvent?\(name)=\(value)")
      #expect(response.status == .ok, "\(name)")
    }
    let newer = try await tested.send(.get, "/fhir/metadata", [.accept: "application/fhir+json; fhirVersion=5.0"])
    #expect(try newer.json()["fhirVersion"]?.string == "5.0.0")
  }

  @Test func nothingFoundIsAnEmptyPage() async throws {
    let page = try await page(try ServiceUnderTest(), "/fhir/AuditEvent?_id=4711")
    #expect(ids(page).isEmpty && page.root["entry"] == nil)
  }
}
