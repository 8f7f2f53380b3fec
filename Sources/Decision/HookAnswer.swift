// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR

extension Assessor {
  /// Cards for a call of a service.
  ///
  /// - Parameters:
  ///   - fetched: what was fetched for the call's needs, as `HookRequest.completed(with:)` takes it.
  ///   - state: which models are stopped, and what was shown before.
  /// - Throws: `CDSHooksError` with status and place: required data is missing or incomplete, or data of another patient
  ///   is among it.
  package func answer(
    _ call: HookCall, fetched: [UInt8]? = nil, state: AnswerState = AnswerState(), at instant: Instant
  ) throws(CDSHooksError) -> Answer {
    try answer(try call.completed(with: fetched), state: state, at: instant)
  }

  /// Cards for a call of a service whose chart is complete.
  ///
  /// - Parameter page: makes the address of the page that says why, of a card's uuid; nil where there is none but what `state`
  ///   names, as when a stored answer is given again.
  package func answer(
    _ completed: CompletedCall, state: AnswerState, at instant: Instant, page: ((_ card: String) -> String)? = nil
  ) throws(CDSHooksError) -> Answer {
    let (call, chart) = (completed.call, completed.chart)
    let request = call.request
    var assessment = predict(
      chart, at: instant, encounterID: request.context.encounterID, stopped: state.stoppedModels)
    let orders = OrdersInPlace(
      drafts: request.context.resources("draftOrders"), chart: chart, encounterID: request.context.encounterID,
      since: assessment.stayOrigin, terminology: terminology)
    let unit = completed.unit(at: instant)
    var state = state
    state.history.shownOnUnits = state.history.shownOnUnits.filter { $0.key == unit }
    var presentation = HookPresentation(call: call, instant: instant, state: state, unit: unit)
    presentation.withhold(orders, from: &assessment)
    let said = presentation.decide(assessment, terminology)
    explain(&assessment, said.filter { $0.isExplained }.map(\.place))
    var cards = presentation.cards(said, of: assessment)
    for index in cards.indices {
      guard let uuid = cards[index].card?.uuid, let url = page?(uuid) ?? state.pages[uuid] else { continue }
      state.pages[uuid] = url
      cards[index].card?.links.insert(Link(label: "Why: values, gaps and sources", url: url), at: 0)
    }
    var record = assessment.record
    record["candidates"] = .array(presentation.candidates.map(\.json))
    if !presentation.withheld.isEmpty { record["withheld"] = .array(presentation.withheld.map(\.json)) }
    return Answer(
      service: call.service.id, hook: request.hook, hookInstance: request.hookInstance,
      patientID: request.context.patientID, instant: instant, request: call.recorded, fetched: completed.fetched,
      state: state.record, deviations: request.deviations, features: assessment.vectors,
      findings: cards.map(\.shown), abstentions: assessment.abstentions, unit: unit,
      outputs: record.encoded(), thresholds: thresholds(groups: assessment.groups).encoded(),
      response: try HookResponse(cards: cards.compactMap(\.card)).encoded(), mediaType: "application/json")
  }
}

/// What of an assessment is said at a hook: which cards, with which suggestions; what is not said, and why.
private struct HookPresentation {
  /// Something that is not said.
  struct Withheld {
    var model: String
    var outcome: String
    /// The order that is not suggested; nil where it is the card.
    var order: String?
    var reason: String

    var json: JSON {
      [
        "model": .string(model), "outcome": .string(outcome), "order": order.map(JSON.string),
        "reason": .string(reason),
      ]
    }
  }

  let call: HookCall
  let instant: Instant
  let state: AnswerState
  let unit: String?
  private(set) var withheld: [Withheld] = []
  /// The findings that may become cards, in their order.
  private(set) var candidates: [AlertCandidate] = []
  /// Titles of the orders that are in place, by model and outcome.
  private var inPlace: [String: [String]] = [:]

  init(call: HookCall, instant: Instant, state: AnswerState, unit: String?) {
    self.call = call
    self.instant = instant
    self.state = state
    self.unit = unit
  }

  /// Takes the options out of the recommendations whose order is in place.
  mutating func withhold(_ orders: OrdersInPlace, from assessment: inout Assessment) {
    for model in assessment.models.indices {
      for index in assessment.models[model].findings.indices {
        let finding = assessment.models[model].findings[index]
        guard var recommendation = finding.recommendation else { continue }
        for place in recommendation.orders.indices.reversed() {
          guard let order = recommendation.orders[place], orders.contains(order) else { continue }
          recommendation.orders.remove(at: place)
          recommendation.options.remove(at: place)
          let id = assessment.models[model].model.id
          withheld.append(Withheld(model: id, outcome: finding.outcome.head, order: order.id, reason: "ordered"))
          inPlace["\(id)|\(finding.outcome.head)", default: []].insert(order.title, at: 0)
        }
        assessment.models[model].findings[index].recommendation = recommendation
      }
    }
  }

  /// What becomes of a finding that may become a card.
  struct Decision {
    let place: Assessment.FindingPlace
    /// Why it is held back; nil when it is shown.
    let reason: AlertSuppression?
    let concerns: [Concern]

    /// Reasons are worked out for what is said, and for what would be if the service did not only watch.
    var isExplained: Bool { reason == nil || reason == .shadow }
  }

  /// What is shown of the findings that may become cards, in their order.
  mutating func decide(_ assessment: Assessment, _ terminology: Terminology) -> [Decision] {
    let places = assessment.cardPlaces
    var concerns: [[Concern]] = []
    for place in places {
      let model = assessment.models[place.model]
      let finding = model.findings[place.finding]
      concerns.append(cautions(for: finding, terminology))
      let isLeft = finding.recommendation?.orders.contains { $0 != nil } == true
      candidates.append(
        AlertCandidate(
          finding, of: model.model.id, isTreated: ordered(model, finding) != nil && !isLeft,
          isCautioned: concerns.last?.isEmpty == false, shows: call.match.shows, unit: unit))
    }
    let reasons = call.match.alerting.reasons(toHold: candidates, state.history, at: instant)
    for (candidate, reason) in zip(candidates, reasons) {
      guard let reason else { continue }
      withheld.append(Withheld(model: candidate.model, outcome: candidate.outcome, reason: reason.rawValue))
    }
    return places.indices.map { Decision(place: places[$0], reason: reasons[$0], concerns: concerns[$0]) }
  }

  /// The cards of the call, with what they say in short; no card where the finding is held back.
  func cards(_ decisions: [Decision], of assessment: Assessment) -> [(card: Card?, shown: Answer.Shown)] {
    // Another stay is another finding; what is not known to be one keeps to the patient.
    // Each client counts its own patients; without clients the card is what it always was.
    let channel =
      "\(call.service.id)|\(assessment.stayOrigin?.description ?? "")" + (call.client.isEmpty ? "" : "|\(call.client)")
    return decisions.map { decision in
      let model = assessment.models[decision.place.model]
      let finding = model.findings[decision.place.finding]
      var said = Answer.Shown(
        uuid: assessment.cardUUID(of: decision.place, channel: channel), model: model.model.id,
        outcome: finding.outcome.head, indicator: finding.indicator.rawValue, heldBack: decision.reason)
      guard decision.reason == nil else { return (nil, said) }
      var card = assessment.card(of: decision.place, channel: channel)
      card.suggestions = suggestions(for: finding, on: card)
      for concern in decision.concerns { concern.add(to: &card) }
      if let titles = ordered(model, finding) {
        card.detail? += "\n\n**Ordered already**: \(titles.joined(separator: "; "))."
      }
      said.indicator = card.indicator.rawValue
      return (card, said)
    }
  }

  /// Titles of the orders that a finding recommends and that are in place; nil when none is.
  private func ordered(_ model: ModelAssessment, _ finding: Finding) -> [String]? {
    inPlace["\(model.model.id)|\(finding.outcome.head)"]
  }

  /// One suggestion for each order that the recommendation offers.
  private func suggestions(for finding: Finding, on card: Card) -> [Suggestion] {
    let context = call.request.context
    return (finding.recommendation?.orders ?? []).compactMap { order in
      guard let order,
        let resource = order.resource(
          fhirVersion: call.match.fhirVersion, patient: context.patientID, encounter: context.encounterID,
          requester: context.userID, at: instant, reason: card.summary)
      else { return nil }
      return Suggestion(
        label: "Order: \(order.title)", uuid: StableUUID.of(["vigil-suggestion", card.uuid, order.id]),
        actions: [Action(.create(JSONObject(resource)), description: "Draft an order: \(order.title)")])
    }
  }
}

extension HookPresentation {
  /// A caution and the drafts that it is about.
  struct Concern {
    var caution: ServiceDefinition.Caution
    var drafts: [Node]

    /// Names the drafts on the card, first of all, and offers to withdraw each.
    func add(to card: inout Card) {
      let names = drafts.map { Markdown(escaping: Self.name($0)) }
      let text: Markdown = "**In this session**: \(Markdown.joined(names, separator: "; ")). \(caution.text)"
      card.detail = card.detail.map { Markdown.joined([text, $0], separator: "\n\n") } ?? text
      if card.indicator == .info { card.indicator = .warning }
      card.links.append(Link(label: caution.source.label, url: caution.source.url))
      for draft in drafts {
        guard let type = draft.resourceType, let id = draft["id"]?.string, WireFormat.isID(id) else { continue }
        let label = VisibleText.summary("Withdraw the draft: \(Self.name(draft))")
        card.suggestions.append(
          Suggestion(
            label: label, uuid: StableUUID.of(["vigil-withdrawal", card.uuid, type, id]),
            actions: [Action(.delete("\(type)/\(id)"), description: label)]))
      }
    }

    /// What the order is of, in the client's words.
    private static func name(_ draft: Node) -> String {
      let concept = draft.concept("medicationCodeableConcept") ?? draft.concept("medication")
      return concept?.text ?? concept?.codings.lazy.compactMap(\.display).first ?? "an order"
    }
  }

  /// The drafts that a finding of high risk speaks to.
  fileprivate func cautions(for finding: Finding, _ terminology: Terminology) -> [Concern] {
    guard finding.risk?.band == "high" else { return [] }
    return (call.match.definition.cautions ?? []).filter { $0.outcome == finding.outcome.head }.compactMap { caution in
      let drafts = call.request.context.resources("draftOrders").filter { draft in
        guard draft.resourceType == "MedicationRequest" else { return false }
        let concept = draft.concept("medicationCodeableConcept") ?? draft.concept("medication")
        return concept?.codings.contains { terminology.valueSets(of: $0.node).contains(caution.valueSet) } == true
      }
      return drafts.isEmpty ? nil : Concern(caution: caution, drafts: drafts)
    }
  }
}
