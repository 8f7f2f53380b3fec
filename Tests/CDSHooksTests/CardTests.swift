// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct CardTests {
  static let uuid = "0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10"
  static let other = "0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b11"

  static var card: Card {
    var card = Card(
      uuid: uuid, summary: "Sepsis risk in the next 6 h: 34 % (high)", detail: "**34 %**", indicator: .warning,
      source: Source(
        label: "Vigil", url: "https://vigil.example.org", icon: "https://vigil.example.org/i.png",
        topic: Coding(code: "91302008", system: "http://snomed.info/sct", display: "Sepsis")),
      overrideReasons: [Coding(code: "c", system: "urn:s", display: "Done")],
      links: [
        Link(label: "Guideline", url: "https://doi.org/10.1"),
        Link(
          label: "App", url: "https://vigil.example.org/launch", target: .smart(appContext: #"{"a":1}"#),
          autolaunchable: false),
      ])
    card.suggestions = [
      Suggestion(
        label: "Order lactate", uuid: other, isRecommended: true,
        actions: [
          Action(.create(JSONObject(["resourceType": "ServiceRequest"])), description: "Order"),
          Action(.update(JSONObject(["resourceType": "Task", "id": "1"])), description: "Close"),
          Action(.delete("ServiceRequest/2"), description: "Withdraw"),
        ])
    ]
    return card
  }

  @Test func aConformantCardBreaksNothingAndWritesItsMembersInOrder() throws {
    #expect(Self.card.violations.isEmpty)
    let text = String(decoding: try HookResponse(cards: [Self.card]).encoded(), as: UTF8.self)
    #expect(text.hasPrefix(#"{"cards":[{"uuid":"0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10","summary":"Sepsis"#))
    #expect(!text.contains("null") && !text.contains("[]") && !text.contains("{}") && !text.contains(#""""#))
    #expect(text.contains(#""appContext":"{\"a\":1}""#))
  }

  /// Extensions stand wherever the specification has them, as they were given (cds-hooks 2.0, Extensions).
  @Test func extensionsAreWrittenEverywhere() throws {
    let agreed = try JSONObject(Array(#"{"org.example.a": 1.50}"#.utf8))
    var card = Self.card
    card.extensions = agreed
    card.source.extensions = agreed
    card.links[0].extensions = agreed
    card.suggestions[0].extensions = agreed
    card.suggestions[0].actions[0].extensions = agreed
    card.suggestions[0].actionSelection = .any
    let response = HookResponse(
      cards: [card], systemActions: [Action(.delete("Task/1"), extensions: agreed)], extensions: agreed)
    let text = String(decoding: try response.encoded(), as: UTF8.self)
    #expect(text.ranges(of: #""extension":{"org.example.a":1.50}"#).count == 7)
    #expect(text.contains(#""actionSelectionBehavior":"any""#))
    let service = Service(hook: "patient-view", id: "s", description: "d", extensions: agreed)
    let discovery = try DiscoveryDocument(services: [service], extensions: agreed).encoded()
    #expect(String(decoding: discovery, as: UTF8.self).ranges(of: "org.example.a").count == 2)
  }

  @Test func onlyAnObjectIsPassedOn() {
    for (text, code) in [
      ("[]", CDSHooksError.Code.notAnObject), ("{", .malformedJSON), (#"{"a":1,"a":2}"#, .malformedJSON),
    ] {
      let error = #expect(throws: CDSHooksError.self) { try JSONObject(Array(text.utf8)) }
      #expect(error?.code == code)
    }
  }

  @Test func noCardsIsAnAnswer() throws {
    #expect(try HookResponse(cards: []).encoded() == Array(#"{"cards":[]}"#.utf8))
  }

  /// Every rule with a change of the conformant response that breaks it and, where it can be told, nothing else.
  static let broken: [(rule: Violation.Rule, change: @Sendable (inout JSON) -> Void)] = [
    (.noEmptyValues, { $0["detail"] = "" }),
    (.noEmptyValues, { $0["links"] = [] }),
    (.noEmptyValues, { $0["source"] = ["label": ""] }),
    (.memberType, { $0["detail"] = .null }),
    (.memberType, { $0["summary"] = 7 }),
    (.memberType, { $0["extension"] = [1] }),
    (.memberType, { $0["links"] = [["label": "l", "url": "https://a", "type": "smart", "autolaunchable": "no"]] }),
    (.requiredMember, { $0["summary"] = nil }),
    (.requiredMember, { $0["indicator"] = nil }),
    (.requiredMember, { $0["source"] = nil }),
    (.requiredMember, { $0["source"] = ["url": "https://a"] }),
    (.requiredMember, { $0["links"] = [["label": "l", "url": "https://a"]] }),
    (.summaryLength, { $0["summary"] = .string(String(repeating: "a", count: 140)) }),
    (.indicator, { $0["indicator"] = "hard-stop" }),
    (.uuid, { $0["uuid"] = "1" }),
    (.uniqueUUID, { $0["uuid"] = .string(other) }),
    (.absoluteURL, { $0["source"] = ["label": "l", "url": "/icon.png"] }),
    (.absoluteURL, { $0["links"] = [["label": "l", "url": "a.html", "type": "absolute"]] }),
    (.selectionBehaviorPresent, { $0["selectionBehavior"] = nil }),
    (.selectionBehavior, { $0["selectionBehavior"] = "all" }),
    (
      .oneRecommended,
      {
        $0["selectionBehavior"] = "at-most-one"
        $0["suggestions"] = [["label": "a", "isRecommended": true], ["label": "b", "isRecommended": true]]
      }
    ),
    (.actionSelectionBehavior, { $0["suggestions"] = [["label": "a", "actionSelectionBehavior": "some"]] }),
    (.actionType, { $0["suggestions"] = action(["type": "CREATE", "description": "d"]) }),
    (.actionResource, { $0["suggestions"] = action(["type": "create", "description": "d"]) }),
    (
      .actionResource,
      { $0["suggestions"] = action(["type": "update", "description": "d", "resource": "Task/1"]) }
    ),
    (.actionTarget, { $0["suggestions"] = action(["type": "delete", "description": "d"]) }),
    (
      .requiredMember,
      { $0["suggestions"] = action(["type": "delete", "resourceId": "Task/1"]) }
    ),
    (.linkType, { $0["links"] = [["label": "l", "url": "https://a", "type": "http"]] }),
    (.appContext, { $0["links"] = [["label": "l", "url": "https://a", "type": "absolute", "appContext": "x"]] }),
    (.overrideReasonDisplay, { $0["overrideReasons"] = [["code": "c", "system": "s"]] }),
    (.requiredMember, { $0["overrideReasons"] = [["code": "c", "display": "s"]] }),
  ]

  static func action(_ action: JSON) -> JSON { [["label": "a", "actions": [action]]] }

  @Test(arguments: broken.indices)
  func aBrokenRuleIsNamed(_ index: Int) {
    let (rule, change) = Self.broken[index]
    var card = Self.card.json
    change(&card)
    #expect(Violation.inResponse(["cards": [card]]).map(\.rule) == [rule])
  }

  @Test func theResponseItselfHasRules() {
    #expect(Violation.inResponse(["cards": [:]]).map(\.rule) == [.cardsArray])
    #expect(Violation.inResponse([:]).map(\.rule) == [.requiredMember])
    #expect(Violation.inResponse([]).map(\.rule) == [.memberType])
    #expect(Violation.inResponse(["cards": [], "systemActions": []]).map(\.rule) == [.noEmptyValues])
    let action: JSON = ["type": "create", "resource": ["resourceType": "Task"]]
    #expect(Violation.inResponse(["cards": [], "systemActions": [action]]).isEmpty)
    #expect(
      Violation.inResponse(["cards": [Self.card.json, Self.card.json]]).map(\.rule) == [.uniqueUUID, .uniqueUUID])
  }

  @Test func everyRuleOfACardIsTested() {
    let discovery: Set<Violation.Rule> = [
      .semanticVersion, .prefetchToken, .prefetchQuery, .prefetchOrder, .uniqueService, .hookVersion, .cardsArray,
    ]
    #expect(Set(Self.broken.map(\.rule)).union(discovery) == Set(Violation.Rule.allCases))
  }

  @Test func aCardThatBreaksARuleIsNotSent() {
    var card = Self.card
    card.summary = String(repeating: "é", count: 140)
    let error = #expect(throws: CDSHooksError.self) { try HookResponse(cards: [card]).encoded() }
    #expect(error?.code == .responseBreaksRules && error?.status == 500 && error?.detail == "summary-length")
  }
}
