// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Hummingbird
import HummingbirdTesting
import Server
import Testing

@Suite struct AnswerTests {
  @Test func discoveryListsTheService() async throws {
    let response = try await ServiceUnderTest().send(.get, "/cds-services")
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "application/json")
    let service = try #require(try response.json()["services"]?.elements.first)
    #expect(service["id"] == "patient-risk")
    #expect(service["hook"] == "patient-view")
    #expect(service["prefetch"]?["patient"]?.string?.contains("{{context.patientId}}") == true)
  }

  @Test(arguments: ["septic", "stable", "sparse", "wrong-units", "foreign-codes", "outpatient", "child", "early"])
  func everyChartGetsACardOfEachModel(name: String) async throws {
    let tested = try ServiceUnderTest()
    let response = try await tested.call(try Fixture.bytes("hooks/patient-view-\(name).json"))
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "application/json")
    let models = tested.service.assessor.packages.count
    #expect(models > 0)
    #expect(try response.json()["cards"]?.elements.count == models)
  }

  @Test func anotherPatientsDataIsRefusedByItsPlace() async throws {
    let tested = try ServiceUnderTest()
    let response = try await tested.call(try Fixture.bytes("hooks/patient-view-wrong-patient.json"))
    #expect(response.status == .unprocessableContent)
    let issue = try #require(try response.json()["issue"]?.elements.first)
    #expect(issue["details"]?["coding"]?.elements.first?["code"] == "CDS010")
    #expect(issue["expression"]?.elements.first?.string?.hasPrefix("prefetch.observations.entry[56].resource") == true)
  }

  @Test(arguments: [
    "application/fhir+json", "application/json", "application/fhir+json; fhirVersion=4.0; charset=UTF-8",
  ])
  func assessesABundle(type: String) async throws {
    let tested = try ServiceUnderTest()
    let chart = try Fixture.bytes("septic-deterioration.json")
    let response = try await tested.send(.post, "/fhir/$assess", [.contentType: type], chart)
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "application/fhir+json")
    let bundle = try response.json()
    #expect(bundle["resourceType"] == "Bundle")
    #expect(bundle["type"] == "collection")
    let types = bundle["entry"]?.elements.map { $0["resource"]?["resourceType"]?.string }
    #expect(types == Array(repeating: "RiskAssessment", count: tested.service.assessor.packages.count))
    let entry = try #require(try tested.records().first).entry
    #expect(entry.service == "$assess")
    #expect(entry.patient == tested.trail.pseudonyms.patient("syn-septic"))
    #expect(entry.payload?.request == chart)
  }

  @Test(
    arguments: [
      ("application/fhir+xml", nil, "application/fhir+xml"), ("application/xml", "*/*", "application/fhir+xml"),
      ("text/xml", "application/fhir+json", "application/fhir+json"),
      ("application/fhir+xml", "application/fhir+xml;q=0.1, application/fhir+json;q=0.9", "application/fhir+json"),
      ("application/fhir+xml", "text/html, application/xml;q=0.9, */*;q=0.8", "application/fhir+xml"),
    ] as [(String, String?, String)])
  func readsXMLAndAnswersAsAsked(type: String, accept: String?, answer: String) async throws {
    let tested = try ServiceUnderTest()
    var headers: HTTPFields = [.contentType: type]
    headers[.accept] = accept
    let chart = try Fixture.bytes("septic-deterioration.xml")
    let response = try await tested.send(.post, "/fhir/$assess", headers, chart)
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == answer)
    let answered = Array(response.body.readableBytesView)
    let bundle = try Document(answered, syntax: answer == "application/fhir+xml" ? .xml : .json)
    // The twin in JSON gets the same answer.
    let twin = try await ServiceUnderTest().send(
      .post, "/fhir/$assess", [.contentType: "application/fhir+json"], try Fixture.bytes("septic-deterioration.json"))
    #expect(try JSON(bundle.root) == twin.json())
  }

  @Test func whatCannotBeAcceptedIsRefused() async throws {
    let response = try await ServiceUnderTest().send(
      .post, "/fhir/$assess", [.contentType: "application/fhir+json", .accept: "text/html, image/*"],
      try Fixture.bytes("sparse.json"))
    #expect(response.status == .notAcceptable)
  }

  @Test func aBundleOfTwoPatientsIsRefused() async throws {
    let tested = try ServiceUnderTest()
    let response = try await tested.send(
      .post, "/fhir/$assess", [.contentType: "application/fhir+json"], try Fixture.bytes("mixed-patients.json"))
    #expect(response.status == .unprocessableContent)
    let issue = try #require(try response.json()["issue"]?.elements.first)
    #expect(issue["details"]?["coding"]?.elements.first?["code"] == "CDS010")
  }

  @Test func theSameRequestAtTheSameInstantGivesTheSameBytes() async throws {
    let request = try Fixture.bytes("hooks/patient-view-septic.json")
    let first = try await ServiceUnderTest().call(request)
    let second = try await ServiceUnderTest().call(request)
    #expect(first.body == second.body)
    let later = Instant(milliseconds: septicEnd.milliseconds + 3_600_000)
    #expect(try await ServiceUnderTest(at: later).call(request).body != first.body)
  }
}

@Suite struct BrowserTests {
  @Test(arguments: ["/cds-services", "/cds-services/patient-risk"])
  func preflightIsAnsweredForPagesOfThisMachine(path: String) async throws {
    let response = try await ServiceUnderTest().send(.options, path, [.origin: "http://localhost:9000"])
    #expect(response.status == .noContent)
    #expect(response.headers[.accessControlAllowOrigin] == "http://localhost:9000")
    #expect(response.headers[.accessControlAllowHeaders] == "authorization, content-type, traceparent, x-request-id")
    #expect(response.headers[.accessControlAllowMethods]?.contains("OPTIONS") == true)
    #expect(response.headers[.vary] == "Origin")
  }

  @Test(arguments: [
    "https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "ftp://localhost",
    "http://localhost:80:80", "http://localhost@evil.example", "*", "http://[::1]evil",
  ])
  func otherPagesAreNot(origin: String) async throws {
    let response = try await ServiceUnderTest().send(.get, "/cds-services", [.origin: origin])
    #expect(response.headers[.accessControlAllowOrigin] == nil)
  }

  @Test(arguments: ["http://localhost", "https://127.0.0.1:1", "http://[::1]:8080"])
  func errorsCarryTheOriginToo(origin: String) async throws {
    let response = try await ServiceUnderTest().send(.get, "/nothing", [.origin: origin])
    #expect(response.status == .notFound)
    #expect(response.headers[.accessControlAllowOrigin] == origin)
    #expect(response.headers[.cacheControl] == "no-store")
  }
}

@Suite struct ServerConfigurationTests {
  @Test(arguments: ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
  func loopbackIsAccepted(host: String) throws {
    let configuration = try ServerConfiguration(host: host)
    #expect(configuration.host == (host == "localhost" ? "127.0.0.1" : host))
  }

  @Test(arguments: [
    "0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example", "127.1", "", "0127.0.0.1", "127.0.0.256",
  ])
  func anyOtherAddressIsRefused(host: String) {
    #expect(throws: ServerConfiguration.Refusal.notLoopback) { try ServerConfiguration(host: host) }
  }

  @Test func portsAreChecked() {
    #expect(throws: ServerConfiguration.Refusal.invalidPort) { try ServerConfiguration(port: 65_536) }
    #expect(throws: ServerConfiguration.Refusal.invalidPort) { try ServerConfiguration(port: -1) }
  }
}
