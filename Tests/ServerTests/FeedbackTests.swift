// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct FeedbackTests {
  static func send(_ tested: ServiceUnderTest, _ entries: [JSON], to id: String = "patient-risk") async throws
    -> TestResponse
  {
    let body: JSON = ["feedback": .array(entries)]
    return try await tested.send(
      .post, "/cds-services/\(id)/feedback", [.contentType: "application/json"], body.encoded())
  }

  static func overridden(_ card: JSON?, at time: String, code: String? = nil, comment: String? = nil) -> JSON {
    var json: JSON = ["card": card, "outcome": "overridden", "outcomeTimestamp": .string(time)]
    if code != nil || comment != nil {
      json["overrideReason"] = [
        "reason": code.map { ["code": .string($0), "system": .string(OverrideReason.system)] },
        "userComment": comment.map(JSON.string),
      ]
    }
    return json
  }

  @Test func whatBecameOfACardIsOnRecordAndReported() async throws {
    let tested = try ServiceUnderTest()
    let request = try Fixture.bytes("hooks/patient-view-septic.json")
    let first = try await tested.call(request)
    let cards = try first.json()["cards"]?.elements.map { $0["uuid"] } ?? []
    #expect(cards.count == 2)
    // The same finding keeps its card from call to call.
    let later = Instant(milliseconds: septicEnd.milliseconds + 600_000)
    tested.set(later)
    #expect(try await tested.call(request).json()["cards"]?.elements.map { $0["uuid"] } == cards)
    let response = try await Self.send(
      tested,
      [
        Self.overridden(cards[0], at: "2026-03-12T13:30:00Z", code: "action-completed", comment: "CANARY comment"),
        Self.overridden(cards[0], at: "2026-03-12T13:25:00Z"),
        [
          "card": cards[1], "outcome": "accepted", "acceptedSuggestions": [["id": "s"]],
          "outcomeTimestamp": "2026-03-12T13:31:00.123Z",
        ],
        Self.overridden("0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10", at: "2026-03-12T13:30:00Z"),
      ])
    #expect(response.status == .ok && response.body.readableBytes == 0)
    let entries = try tested.records().map(\.entry).filter { $0.kind == .feedback }
    #expect(entries.count == 4)
    #expect(entries.count { $0.patient == tested.trail.pseudonyms.patient("syn-septic") } == 3)
    #expect(entries.contains { $0.reason == "\(OverrideReason.system)|action-completed" && $0.outcome == "overridden" })
    #expect(entries.allSatisfy { $0.payload?.request.isEmpty == false })
    // A comment may say anything of the patient: it stands in the sealed payload only.
    #expect(try !tested.isOnDisk("CANARY") && !tested.log.text.contains("CANARY"))
    let rows = try tested.report().rows
    #expect(rows.map(\.model) == ["small-diagnosis", "small-prognosis", nil])
    #expect(rows[0].cards == 1 && rows[0].showings == 2 && rows[0].overridden == 1 && rows[0].accepted == 0)
    #expect(rows[0].reasons.map(\.reason) == ["\(OverrideReason.system)|action-completed"])
    #expect(rows[1].accepted == 1 && rows[1].overridden == 0)
    #expect(rows[2].overridden == 1 && rows[2].cards == 0)
  }

  @Test func whatIsNoFeedbackIsRefused() async throws {
    let tested = try ServiceUnderTest()
    #expect(try await Self.send(tested, []).status == .unprocessableContent)
    #expect(try await Self.send(tested, [["card": "x"]]).status == .unprocessableContent)
    #expect(
      try await Self.send(tested, [Self.overridden("x", at: "2026-03-12T13:30:00Z")], to: "none").status == .notFound)
    #expect(try await tested.send(.get, "/cds-services/patient-risk/feedback").status == .methodNotAllowed)
    let text = try await tested.send(.post, "/cds-services/patient-risk/feedback", [.contentType: "text/plain"], [])
    #expect(text.status == .unsupportedMediaType)
    let preflight = try await tested.send(
      .options, "/cds-services/patient-risk/feedback", [.origin: "http://localhost:9000"])
    #expect(preflight.status == .noContent && preflight.headers[.accessControlAllowOrigin] == "http://localhost:9000")
  }
}
