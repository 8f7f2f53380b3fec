// SPDX-License-Identifier: Apache-2.0
import Conformance
import FHIR

/// A small CDS service that is right in everything, to be made wrong in one thing at a time.
struct TestService: Sendable {
  typealias Response = Exchange.Response

  /// Changes an answer, or gives another in its place.
  var change: @Sendable (Exchange.Request, Response) -> Response = { $1 }

  static let card: JSON = [
    "uuid": "0d9c2c9e-2a6d-4f7e-8c31-7b8a4de5f001", "summary": "Risk of sepsis within 6 h: 16 %",
    "indicator": "warning",
    "source": ["label": "Vigil", "url": "https://example.org"],
    "suggestions": [
      [
        "label": "Order lactate", "uuid": "0d9c2c9e-2a6d-4f7e-8c31-7b8a4de5f002",
        "actions": [
          [
            "type": "create", "description": "Order lactate",
            "resource": ["resourceType": "ServiceRequest", "status": "draft", "intent": "order"],
          ]
        ],
      ]
    ], "selectionBehavior": "any",
    "links": [["label": "Guideline", "url": "https://example.org/g", "type": "absolute"]],
    "overrideReasons": [["code": "a", "system": "https://example.org/s", "display": "Done already"]],
  ]
  static let discovery: JSON = [
    "services": [
      [
        "id": "risk", "hook": "patient-view", "title": "Risk", "description": "Says a risk.",
        "prefetch": ["patient": "Patient/{{context.patientId}}"],
      ]
    ]
  ]

  func send(_ request: Exchange.Request) -> Response { change(request, answer(request)) }

  static func response(_ status: Int, _ json: JSON, _ headers: [String: String] = [:]) -> Response {
    Response(
      status: status, headers: ["content-type": "application/json"].merging(headers) { $1 }, body: json.encoded())
  }

  static func error(_ status: Int, _ headers: [String: String] = [:]) -> Response {
    response(
      status, ["resourceType": "OperationOutcome", "issue": [["severity": "error", "code": "invalid"]]], headers)
  }

  private func answer(_ request: Exchange.Request) -> Response {
    if request.method == "OPTIONS" { return Response(status: 204, headers: [:], body: []) }
    switch request.path {
    case "/cds-services": return Self.response(200, Self.discovery)
    case "/cds-services/risk": return request.method == "POST" ? cards(request) : Self.error(405, ["allow": "POST"])
    case "/cds-services/risk/feedback": return feedback(request)
    default: return Self.error(404)
    }
  }

  private func cards(_ request: Exchange.Request) -> Response {
    guard request.headers["Content-Type"] == "application/json" else { return Self.error(415) }
    guard let root = try? Document(request.body ?? [], syntax: .json).root else { return Self.error(400) }
    guard root["hook"]?.equals("patient-view") == true, root["context"]?["patientId"]?.string != nil else {
      return Self.error(422)
    }
    return Self.response(200, ["cards": [Self.card]])
  }

  private func feedback(_ request: Exchange.Request) -> Response {
    guard let root = try? Document(request.body ?? [], syntax: .json).root else { return Self.error(400) }
    let isWhole = root.elements("feedback").allSatisfy { entry in
      entry["card"]?.string != nil && ["accepted", "overridden"].contains(entry["outcome"]?.string)
    }
    return isWhole ? Response(status: 200, headers: [:], body: []) : Self.error(422)
  }
}
