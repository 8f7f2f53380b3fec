// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR

extension Examination {
  /// Asks what no client should, and sees whether it is told so.
  mutating func errors(_ service: Listed) async throws {
    let body = request(service.hook, instance: 3)
    try await refusal("POST", service.path, Array("{\"hook\": \"\(Self.canary)\",".utf8), .malformed, [400])
    try await refusal("POST", service.path, Array("[\"\(Self.canary)\"]".utf8), .nonconformant, [400, 422])
    for member in ["hook", "context"] {
      var broken = body
      broken[member] = nil
      try await refusal("POST", service.path, broken.encoded(), .nonconformant, [400, 422])
    }
    var noPatient = body
    noPatient["context"] = ["userId": "Practitioner/vigil-1"]
    try await refusal("POST", service.path, noPatient.encoded(), .nonconformant, [400, 422])
    var otherHook = body
    otherHook["hook"] = .string("org.example.\(Self.canary)")
    try await refusal("POST", service.path, otherHook.encoded(), .hookOfService, [400, 404, 422])
    try await refusal("POST", "/cds-services/\(Self.canary)", body.encoded(), .unknownService, [404])
    let type = try await exchange("POST", service.path, body.encoded(), contentType: "text/plain")
    report.expect(.contentType, type.status == 415, "\(type.status) to text/plain")
    let method = try await exchange("GET", service.path)
    report.expect(
      .method, method.status == 405 && method.headers["allow"]?.contains("POST") == true,
      "\(method.status) to GET, Allow: \(method.headers["allow"] ?? "none")")
  }

  private mutating func refusal(
    _ method: String, _ path: String, _ body: [UInt8], _ requirement: Requirement, _ statuses: Set<Int>
  ) async throws {
    let response = try await exchange(method, path, body)
    report.expect(requirement, statuses.contains(response.status), "\(response.status) to \(requirement.title)")
    // The clinician would be told that there is nothing to say.
    let hasNoCards = response.status == 200 && json(response)?["cards"] == []
    report.expect(.silence, !hasNoCards, "200 without cards: \(requirement.title)")
  }

  // MARK: Feedback

  /// Tells what became of a card that nobody was shown, where feedback is offered.
  mutating func feedback(_ service: Listed) async throws {
    let path = "\(service.path)/feedback"
    let entry: JSON = [
      "card": .string(Self.uuid(9)), "outcome": "accepted", "acceptedSuggestions": [["id": .string(Self.uuid(10))]],
      "outcomeTimestamp": "2026-03-12T13:30:00Z",
    ]
    let override: JSON = [
      "card": .string(Self.uuid(9)), "outcome": "overridden", "outcomeTimestamp": "2026-03-12T13:31:00.123Z",
    ]
    let told: JSON = ["feedback": [entry, override]]
    let first = try await exchange("POST", path, told.encoded())
    if [404, 405, 501].contains(first.status) { return }
    report.expect(.feedback, (200..<300).contains(first.status), "\(first.status) to two entries")
    let again = try await exchange("POST", path, told.encoded())
    report.expect(.repeatedFeedback, (200..<300).contains(again.status), "\(again.status) to the same again")
    for (name, value) in [("card", nil), ("outcome", "ignored" as JSON)] as [(String, JSON?)] {
      var broken = entry
      broken[name] = value
      let response = try await exchange("POST", path, (["feedback": [broken]] as JSON).encoded())
      report.expect(.invalidFeedback, [400, 422].contains(response.status), "\(response.status) to another \(name)")
    }
  }

  // MARK: Browsers

  /// Asks as a browser does before it calls.
  mutating func browsers(_ service: Listed?) async throws {
    let paths = ["/cds-services"] + (service.map { [$0.path, "\($0.path)/feedback"] } ?? [])
    for path in paths {
      let headers = [
        "Origin": "https://client.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type", "Authorization": "",
      ]
      let response = try await send(.init(method: "OPTIONS", path: path, headers: headers, body: nil))
      report.expect(.preflight, (200..<300).contains(response.status), "\(response.status) to OPTIONS \(path)")
      let isOpen =
        response.headers["access-control-allow-origin"] == "*"
        && response.headers["access-control-allow-credentials"] == "true"
      report.expect(.credentials, !isOpen, "OPTIONS \(path)")
    }
  }
}
