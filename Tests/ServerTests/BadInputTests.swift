// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import Server
import Testing

/// A request that must be refused: how, and which place the refusal names.
struct BadRequest: Sendable, CustomTestStringConvertible {
  var name: String
  var method: HTTPRequest.Method = .post
  var path = "/cds-services/patient-risk"
  var type: String? = "application/json"
  var body: [UInt8]?
  var status: Int
  var code: String
  /// Part of the answer's diagnostics or expression.
  var place: String?

  var testDescription: String { name }

  /// Text that a request holds where anything might be quoted from it.
  static let canary = "Zyx9Canary"

  init(
    _ name: String, _ body: String?, _ status: Int, _ code: String, place: String? = nil,
    type: String? = "application/json",
    path: String = "/cds-services/patient-risk", method: HTTPRequest.Method = .post
  ) {
    self.init(
      name, bytes: body.map { Array($0.utf8) }, status, code, place: place, type: type, path: path, method: method)
  }

  init(
    _ name: String, bytes: [UInt8]?, _ status: Int, _ code: String, place: String? = nil,
    type: String? = "application/json", path: String = "/cds-services/patient-risk", method: HTTPRequest.Method = .post
  ) {
    self.name = name
    self.method = method
    self.path = path
    self.type = type
    body = bytes
    self.status = status
    self.code = code
    self.place = place
  }

  /// A call of the hook with this context and prefetch.
  static func hook(_ context: String?, prefetch: String? = nil, hook: String = "patient-view") -> String {
    """
    {"hook": "\(hook)", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "\(canary)": "\(canary)"
    \(context.map { ", \"context\": \($0)" } ?? "")\(prefetch.map { ", \"prefetch\": \($0)" } ?? "")}
    """
  }

  static let context = #"{"userId": "Practitioner/Zyx9Canary", "patientId": "Zyx9Canary", "encounterId": "Zyx9Canary"}"#

  static let all: [BadRequest] = [
    BadRequest("no JSON", canary, 400, "CDS001", place: "byte 0"),
    BadRequest("empty", "", 400, "CDS001"),
    BadRequest("cut off", "{\"hook\": \"\(canary)\", \"context\": {", 400, "CDS001", place: "FHR028"),
    BadRequest("byte order mark", "\u{FEFF}{}", 400, "CDS001", place: "FHR020"),
    BadRequest("trailing comma", "{\"hook\": \"\(canary)\",}", 400, "CDS001", place: "byte 22"),
    BadRequest("text behind", "{} \(canary)", 400, "CDS001", place: "FHR029"),
    BadRequest(
      "duplicate key", "{\"hook\": \"\(canary)\", \"hook\": \"patient-view\"}", 400, "CDS001", place: "FHR030"),
    BadRequest("too deep", String(repeating: "[", count: 5000), 400, "CDS001", place: "FHR006"),
    BadRequest(
      "no UTF-8", bytes: Array("{\"\(canary)\": \"".utf8) + [0xFF, 0x22, 0x7D], 400, "CDS001", place: "FHR005"),
    BadRequest("no object", "[\"\(canary)\"]", 422, "CDS003"),
    BadRequest("no hook", "{\"hookInstance\": \"\(canary)\"}", 422, "CDS004", place: "hook"),
    BadRequest("hook of another type", "{\"hook\": {\"\(canary)\": 1}}", 422, "CDS005", place: "hook"),
    BadRequest("another hook", hook(context, hook: "order-dispatch"), 422, "CDS006", place: "hook"),
    BadRequest("a hook nobody knows", hook(context, hook: canary), 422, "CDS006", place: "hook"),
    BadRequest("no context", hook(nil), 422, "CDS004", place: "context"),
    BadRequest("context of another type", hook("\"\(canary)\""), 422, "CDS005", place: "context"),
    BadRequest("no patient", hook("{\"userId\": \"\(canary)\"}"), 422, "CDS004", place: "context.patientId"),
    BadRequest(
      "patient that is a path", hook("{\"patientId\": \"\(canary)/../x\"}"), 422, "CDS007", place: "context.patientId"),
    BadRequest("no prefetch", hook(context), 412, "CDS011", place: "patient"),
    BadRequest(
      "a key missing", hook(context, prefetch: #"{"patient": null, "observations": null}"#), 412, "CDS011",
      place: "encounters"),
    BadRequest(
      "prefetch failed",
      hook(
        context,
        prefetch: #"{"patient": null, "encounters": {"resourceType": "OperationOutcome"}, "observations": null}"#), 412,
      "CDS011", place: "encounters"),
    BadRequest(
      "prefetch that is no FHIR",
      hook(context, prefetch: #"{"patient": "Zyx9Canary", "encounters": 1, "observations": 2}"#),
      412, "CDS011", place: "patient"),
    BadRequest(
      "a page of prefetch",
      hook(
        context,
        prefetch: """
          {"patient": null, "encounters": null, "observations": {"resourceType": "Bundle", "type": "searchset",
          "link": [{"relation": "next", "url": "https://\(canary).example"}]}}
          """), 412, "CDS011", place: "vital-signs"),
    BadRequest(
      "another patient",
      hook(
        context,
        prefetch:
          #"{"patient": {"resourceType": "Patient", "id": "Zyx9Canary2"}, "encounters": null, "observations": null}"#),
      422,
      "CDS010", place: "prefetch.patient"),
    BadRequest("plain text", canary, 415, "CDS023", type: "text/plain"),
    BadRequest("no content type", "{}", 415, "CDS023", type: nil),
    BadRequest("another charset", "{}", 415, "CDS023", type: "application/json; charset=iso-8859-1"),
    BadRequest("XML at the hook", "<a/>", 415, "CDS023", type: "application/fhir+xml"),
    BadRequest("no such service", "{}", 404, "CDS021", path: "/cds-services/\(canary)"),
    BadRequest("no such path", "{}", 404, "CDS021", path: "/\(canary)"),
    BadRequest("a path of dots", "{}", 404, "CDS021", path: "/cds-services/../cds-services/patient-risk"),
    BadRequest("reading a service", nil, 405, "CDS022", method: .get),
    BadRequest("writing discovery", "{}", 405, "CDS022", path: "/cds-services", method: .put),
    BadRequest("deleting a service", nil, 405, "CDS022", method: .delete),
    BadRequest("no Bundle", #"{"resourceType": "Zyx9Canary"}"#, 422, "CDS014", path: "/fhir/$assess"),
    BadRequest("no resource", #"{"a": "Zyx9Canary"}"#, 422, "CDS014", path: "/fhir/$assess"),
    BadRequest(
      "nobody's Bundle", #"{"resourceType": "Bundle", "id": "Zyx9Canary"}"#, 412, "CDS011", path: "/fhir/$assess"),
    BadRequest(
      "an entry of no kind", #"{"resourceType": "Bundle", "entry": [["Zyx9Canary"]]}"#, 422, "CDS005",
      place: "Bundle.entry[0]", type: "application/fhir+json", path: "/fhir/$assess"),
    BadRequest(
      "a type of no kind", #"{"resourceType": "Bundle", "type": {"id": "Zyx9Canary"}}"#, 422, "CDS005",
      place: "Bundle.type", type: "application/fhir+json", path: "/fhir/$assess"),
    BadRequest(
      "no list of entries", #"{"resourceType": "Bundle", "entry": {"id": "Zyx9Canary"}}"#, 422, "CDS005",
      place: "Bundle.entry", type: "application/fhir+json", path: "/fhir/$assess"),
    BadRequest("broken XML", "<Zyx9Canary", 400, "CDS013", type: "application/fhir+xml", path: "/fhir/$assess"),
    BadRequest("XML called JSON", "<Bundle/>", 400, "CDS001", path: "/fhir/$assess"),
    BadRequest("an unknown type", "<Bundle/>", 415, "CDS023", type: "text/html", path: "/fhir/$assess"),
  ]
}

@Suite struct BadInputTests {
  @Test(arguments: BadRequest.all)
  func isRefusedWithItsPlaceAndOnRecord(request: BadRequest) async throws {
    let tested = try ServiceUnderTest()
    let headers: HTTPFields = request.type.map { [.contentType: $0] } ?? [:]
    let response = try await tested.send(request.method, request.path, headers, request.body)
    #expect(response.status.code == request.status)
    let outcome = try response.json()
    #expect(outcome["resourceType"] == "OperationOutcome")
    #expect(outcome["cards"] == nil)
    let issue = try #require(outcome["issue"]?.elements.first)
    #expect(issue["severity"] == "error")
    #expect(issue["details"]?["coding"]?.elements.first?["code"]?.string == request.code)
    if let place = request.place {
      let places = [issue["diagnostics"]?.string, issue["expression"]?.elements.first?.string].compactMap { $0 }
      #expect(places.contains { $0.contains(place) }, "\(places)")
    }
    if request.status == 405 {
      #expect(response.headers[.allow]?.contains(request.path == "/cds-services" ? "GET" : "POST") == true)
    }
    let record = try #require(try tested.records().first)
    #expect(record.entry.kind == .rejection)
    #expect(record.entry.status == request.status)
    #expect(record.entry.reason == request.code)
    #expect(record.entry.payload == nil)

    // What was sent is quoted nowhere; so it is with the page for clinicians.
    let page = try await tested.send(
      .get, "/explanations/\(BadRequest.canary)?at=1&client=\(BadRequest.canary)&signature=\(BadRequest.canary)")
    #expect(page.status == .notFound && !page.text.contains(BadRequest.canary))
    #expect(!response.text.contains(BadRequest.canary))
    #expect(!tested.log.text.contains(BadRequest.canary))
    #expect(tested.log.text.contains(request.code))
    #expect(try !tested.isOnDisk(BadRequest.canary))
  }

  @Test func whatIsTooLargeIsNotRead() async throws {
    var limits = ServerLimits()
    limits.bodyBytes = 1000
    let tested = try ServiceUnderTest(limits: limits)
    for body in [[UInt8](repeating: 0x20, count: 1001), [UInt8](repeating: 0x20, count: 1_000_000)] {
      let response = try await tested.call(body)
      #expect(response.status == .contentTooLarge)
      #expect(try response.json()["resourceType"] == "OperationOutcome")
    }
    #expect(try await tested.call([UInt8](repeating: 0x20, count: 1000)).status == .badRequest)
  }

  @Test func aFloodIsCountedInOneRecord() async throws {
    let tested = try ServiceUnderTest()
    try await tested.application.test(.router) { client in
      for _ in 0..<500 {
        let response = try await client.execute(
          uri: "/cds-services/patient-risk", method: .post, headers: [.contentType: "application/json"],
          body: ByteBuffer(string: "{"))
        #expect(response.status == .badRequest)
      }
      #expect(try tested.records().count == 1)
      tested.set(Instant(milliseconds: septicEnd.milliseconds + 60_000))
      _ = try await client.execute(uri: "/none", method: .get)
    }
    let records = try tested.records().map(\.entry)
    #expect(records.map(\.count) == [nil, 499, nil])
    #expect(records.map(\.reason) == ["CDS001", "CDS001", "CDS021"])
  }
}
