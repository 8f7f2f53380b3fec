// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Foundation
import Testing

/// What is said at which hook: the same findings, other cards.
@Suite struct HookAnswerTests {
  /// The septic chart under any hook, with drafts and with what was fetched of orders.
  static func request(
    _ hook: String, drafts: [JSON] = [], orders: [JSON] = [], of chart: String = "septic"
  ) throws -> [UInt8] {
    var request = JSON(
      try Document(try Samples.bytes("FixturesFHIR/hooks/patient-view-\(chart).json"), syntax: .json).root)
    request["hook"] = .string(hook)
    if hook.hasPrefix("order") {
      let bundle: JSON = [
        "resourceType": "Bundle", "type": "collection",
        "entry": drafts.isEmpty
          ? nil : .array(drafts.map { ["fullUrl": "urn:uuid:0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10", "resource": $0] }),
      ]
      var context = request["context"] ?? [:]
      context["draftOrders"] = bundle
      if hook == "order-select" { context["selections"] = ["ServiceRequest/draft"] }
      request["context"] = context
    }
    if !orders.isEmpty {
      var prefetch = request["prefetch"] ?? [:]
      prefetch["orders"] = [
        "resourceType": "Bundle", "type": "searchset", "entry": .array(orders.map { ["resource": $0] }),
      ]
      request["prefetch"] = prefetch
    }
    return request.encoded()
  }

  static func order(
    _ code: String, system: String = "http://loinc.org", status: String = "active", intent: String = "order",
    patient: String = "syn-septic", encounter: String? = "Encounter/syn-septic-inpatient", authored: String? = nil
  ) -> JSON {
    [
      "resourceType": "ServiceRequest", "id": "draft", "status": .string(status), "intent": .string(intent),
      "subject": ["reference": .string("Patient/\(patient)")],
      "encounter": encounter.map { ["reference": .string($0)] },
      "authoredOn": authored.map(JSON.string),
      "code": ["coding": [["system": .string(system), "code": .string(code)]]],
    ]
  }

  /// An assessor whose diagnosis is always high, so that there is a recommendation.
  static func assessor(isKidneyAtRisk: Bool = false) throws -> Assessor {
    let made = try Samples.assessor()
    let high = try Samples.package(.diagnosis) {
      $0.outcomes[0].bands = [.init(name: "low", from: 0), .init(name: "high", from: 1e-9)]
      if isKidneyAtRisk { $0.outcomes[1].bands = $0.outcomes[0].bands }
    }
    let packages = [high, made.packages[1]]
    return Assessor(
      packages: packages, terminology: made.terminology,
      services: try ServiceCatalog(
        made.services.definitions, profiles: packages.map(\.profile), terminology: made.terminology))
  }

  static func answer(
    _ request: [UInt8], _ id: String = "patient-risk", isKidneyAtRisk: Bool = false,
    of chart: String = "septic-deterioration"
  ) throws -> Answer {
    let assessor = try assessor(isKidneyAtRisk: isKidneyAtRisk)
    let call = try HookCall(request, service: id, in: assessor.services)
    let instant = Samples.instant(try Samples.chart(chart), assessor)
    return try assessor.answer(call, at: instant)
  }

  /// Reasons are worked out for what is said, and not for what the hook does not show.
  @Test func onlyWhatIsSaidIsExplained() throws {
    // A prognosis that is never high is not urgent, which is all that the hook shows.
    let low = try Samples.package(.prognosis) {
      $0.outcomes[0].bands = [.init(name: "low", from: 0), .init(name: "high", from: 1)]
    }
    let made = try Self.assessor()
    let assessor = Assessor(packages: [made.packages[0], low], terminology: made.terminology, services: made.services)
    let call = try HookCall(try Self.request("order-sign"), service: "patient-risk", in: assessor.services)
    let answer = try assessor.answer(call, at: Samples.instant(try Samples.chart("septic-deterioration"), assessor))
    let models = Array(try Document(answer.outputs, syntax: .json).root.elements("models"))
    #expect(answer.findings.contains { $0.heldBack == nil } && answer.findings.contains { $0.heldBack == .hook })
    for said in answer.findings {
      let model = try #require(models.first { $0["model"]?.string == said.model })
      let finding = try #require(model.elements("findings").first { $0["outcome"]?.string == said.outcome })
      #expect(finding["probability"] != nil && (finding["explanation"] != nil) == (said.heldBack == nil))
    }
  }

  static func cards(_ answer: Answer) throws -> [Node] {
    Array(try Document(answer.response, syntax: .json).root.elements("cards"))
  }

  static func labels(_ card: Node) -> [String] { card.elements("suggestions").compactMap { $0["label"]?.string } }

  @Test func everyHookAnswersAndAFindingKeepsItsCard() throws {
    var uuids: [String: String] = [:]
    for hook in ["patient-view", "encounter-start", "encounter-discharge", "order-select", "order-sign"] {
      let answer = try Self.answer(try Self.request(hook))
      let cards = try Self.cards(answer)
      let isUrgent = hook != "patient-view" && hook != "encounter-start"
      #expect(isUrgent ? !cards.isEmpty : cards.count == 2, "\(hook)")
      if isUrgent { #expect(cards.allSatisfy { $0["indicator"]?.equals("info") == false }) }
      #expect(answer.shown.map(\.uuid) == cards.compactMap { $0["uuid"]?.string })
      for card in answer.shown { #expect(uuids[card.model, default: card.uuid] == card.uuid) }
      for card in answer.shown { uuids[card.model] = card.uuid }
      let record = try Document(answer.outputs, syntax: .json).root
      #expect(record.elements("withheld").count { $0["reason"]?.equals("hook") == true } == 2 - cards.count)
    }
    // Another service is another channel: its cards do not replace these.
    let other = try Self.answer(try Self.request("patient-view"), "patient-risk-v3")
    #expect(Set(other.shown.map(\.uuid)).isDisjoint(with: uuids.values))
  }

  /// Two hospitals have a patient of one id; without clients the card is that of earlier versions.
  @Test func eachClientHasItsOwnCards() throws {
    let assessor = try Self.assessor()
    let instant = Samples.instant(try Samples.chart("septic-deterioration"), assessor)
    let uuids = try ["", "north", "south", "north"].map { client in
      let call = try HookCall(
        try Self.request("patient-view"), service: "patient-risk", in: assessor.services, from: client)
      return try assessor.answer(call, at: instant).shown.map(\.uuid)
    }
    #expect(uuids[1] == uuids[3] && Set(uuids.joined()).count == 3 * uuids[0].count && !uuids[0].isEmpty)
    #expect(uuids[0] == (try Self.answer(try Self.request("patient-view")).shown.map(\.uuid)))
  }

  @Test func anOrderIsSuggestedAsAWholeResource() throws {
    let card = try Self.cards(try Self.answer(try Self.request("order-sign")))[0]
    #expect(Self.labels(card) == ["Order: Blood culture", "Order: Lactate in blood"])
    #expect(card["selectionBehavior"]?.string == "any")
    let action = try #require(card.elements("suggestions").first?.elements("actions").first)
    let resource = try #require(action["resource"])
    #expect(action["type"]?.string == "create" && resource["resourceType"]?.string == "ServiceRequest")
    #expect(resource["status"]?.string == "draft" && resource["intent"]?.string == "order")
    #expect(resource["subject"]?["reference"]?.string == "Patient/syn-septic")
    #expect(resource["encounter"]?["reference"]?.string == "Encounter/syn-septic-inpatient")
    #expect(resource["requester"]?["reference"]?.string == "Practitioner/syn-doctor")
    #expect(resource["code"]?.elements("coding").first?["code"]?.string == "600-7")
    // R5 has another shape, STU3 no such resource.
    let r5 = try Self.cards(try Self.answer(try Self.request("order-sign"), "patient-risk-r5"))[0]
    let other = r5.elements("suggestions").first?.elements("actions").first?["resource"]
    #expect(other?["code"]?["concept"]?.elements("coding").first?["code"]?.string == "600-7")
    #expect(
      Self.labels(try Self.cards(try Self.answer(try Self.request("order-sign"), "patient-risk-stu3"))[0]).isEmpty)
  }

  static let placed: [(drafts: [JSON], orders: [JSON], labels: [String])] = [
    ([order("600-7", status: "draft")], [], ["Order: Lactate in blood"]),
    // Another code of the same value set is the same order.
    ([], [order("2524-7")], ["Order: Blood culture"]),
    ([order("600-7", status: "draft")], [order("32693-4")], []),
    // Done, revoked, of another code, not to be done: none of it stands in the way.
    (
      [order("600-7", system: "urn:local", status: "draft")],
      [order("600-7", status: "completed"), order("2524-7", status: "revoked")],
      ["Order: Blood culture", "Order: Lactate in blood"]
    ),
  ]

  @Test(arguments: placed.indices)
  func whatIsOrderedIsNotSuggestedAgain(_ index: Int) throws {
    let (drafts, orders, labels) = Self.placed[index]
    let answer = try Self.answer(try Self.request("order-sign", drafts: drafts, orders: orders))
    let card = try Self.cards(answer)[0]
    #expect(Self.labels(card) == labels)
    let record = try Document(answer.outputs, syntax: .json).root
    let ordered = record.elements("withheld").filter { $0["reason"]?.equals("ordered") == true }
    #expect(ordered.count == 2 - labels.count)
    #expect(card["detail"]?.string?.contains("**Ordered already**") == !ordered.isEmpty)
  }

  /// Orders of another time or that nobody has given do not stand for treatment: the suggestion stays.
  static let notInPlace: [(String, JSON)] = [
    ("of the year before", order("600-7", encounter: "Encounter/old", authored: "2025-03-12T08:00:00Z")),
    ("of no known time", order("600-7", encounter: nil)),
    ("of the day of admission, no hour", order("600-7", encounter: nil, authored: "2026-03-10")),
    ("a proposal", order("600-7", intent: "proposal")), ("a plan", order("600-7", intent: "plan")),
    ("without an intent", order("600-7", intent: "")), ("of another server", order("600-7", encounter: "urn:uuid:x")),
    ("on hold", order("600-7", status: "on-hold")), ("a draft of somebody else", order("600-7", status: "draft")),
    ("ended by nobody knows what", order("600-7", status: "unknown")),
  ]

  @Test(arguments: notInPlace.indices)
  func anOrderOfAnotherTimeIsNotInPlace(_ index: Int) throws {
    let (name, order) = Self.notInPlace[index]
    let card = try Self.cards(try Self.answer(try Self.request("order-sign", orders: [order])))[0]
    #expect(Self.labels(card).contains("Order: Blood culture"), "\(name)")
    #expect(card["detail"]?.string?.contains("**Ordered already**") == false, "\(name)")
  }

  @Test func anOrderOfThisStayIsInPlaceWhateverItsEncounter() throws {
    for order in [
      Self.order("600-7", encounter: "Encounter/other", authored: "2026-03-12T08:00:00Z"),
      Self.order("600-7", intent: "filler-order", encounter: "Encounter/syn-septic-inpatient/_history/2"),
    ] {
      let card = try Self.cards(try Self.answer(try Self.request("order-sign", orders: [order])))[0]
      #expect(!Self.labels(card).contains("Order: Blood culture"))
    }
  }

  /// The whole way, with the services that are shipped: tests that are ordered are no treatment, so the alarm sounds. Of a
  /// finding that is urgent and not critical, since no policy would hold that one back.
  @Test func ordersInPlaceSilenceNoAlarm() throws {
    let orders = ["600-7", "2524-7"].map { code in
      var order = Self.order(code, patient: "syn-stable", encounter: "Encounter/syn-stable-inpatient")
      order["id"] = .string(code)
      return order
    }
    let answer = try Self.answer(
      try Self.request("order-sign", orders: orders, of: "stable"), of: "stable-postoperative")
    let card = try #require(try Self.cards(answer).first)
    #expect(card["indicator"]?.string == "warning" && Self.labels(card).isEmpty)
    #expect(card["detail"]?.string?.contains("**Ordered already**") == true)
  }

  static func drug(_ code: String, system: String = "http://www.whocc.no/atc") -> JSON {
    [
      "resourceType": "MedicationRequest", "id": "m1", "status": "draft", "intent": "order",
      "subject": ["reference": "Patient/syn-septic"],
      "medicationCodeableConcept": [
        "coding": [["system": .string(system), "code": .string(code)]], "text": "Ibu <b>profen</b>",
      ],
    ]
  }

  @Test func aDraftThatHarmsTheKidneysIsNamedWhileTheyAreAtRisk() throws {
    func kidney(_ drug: JSON, _ hook: String = "order-sign", isAtRisk: Bool = true) throws -> Node? {
      let answer = try Self.answer(try Self.request(hook, drafts: [drug]), isKidneyAtRisk: isAtRisk)
      return try Self.cards(answer).first { $0["source"]?["topic"]?["code"]?.equals("14669001") == true }
    }
    let card = try #require(try kidney(Self.drug("M01AE01")))
    #expect(card["indicator"]?.string == "warning")
    #expect(card["detail"]?.string?.hasPrefix("**In this session**: Ibu \\<b>profen\\</b>. ") == true)
    #expect(Self.labels(card).last?.hasPrefix("Withdraw the draft: Ibu") == true)
    let action = Array(card.elements("suggestions")).last?.elements("actions").first
    #expect(action?["type"]?.string == "delete" && action?["resourceId"]?.string == "MedicationRequest/m1")
    #expect(card.elements("links").contains { $0["url"]?.string == "https://doi.org/10.1038/kisup.2012.1" })
    // RxNorm as well; no other drug, no other system, and nothing while the kidneys are not at risk.
    #expect(try kidney(Self.drug("5640", system: "http://www.nlm.nih.gov/research/umls/rxnorm")) != nil)
    #expect(try kidney(Self.drug("N02BE01"))?["detail"]?.string?.contains("In this session") != true)
    #expect(
      try kidney(Self.drug("M01AE01", system: "urn:local"))?["detail"]?.string?.contains("In this session") != true)
    #expect(try kidney(Self.drug("M01AE01"), isAtRisk: false) == nil)
  }

  @Test func aDraftOfAnotherPatientIsRefused() throws {
    var draft = Self.order("600-7", status: "draft")
    draft["subject"] = ["reference": "Patient/other"]
    let error = #expect(throws: CDSHooksError.self) { try Self.answer(try Self.request("order-sign", drafts: [draft])) }
    #expect(error?.code == .wrongPatient)
  }

  @Test func anotherHookIsNoneOfOurs() throws {
    let error = #expect(throws: CDSHooksError.self) { try Self.answer(try Self.request("appointment-book")) }
    #expect(error?.status == 422)
  }
}
