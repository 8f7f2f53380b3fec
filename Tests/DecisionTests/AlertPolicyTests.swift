// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Testing

/// What holds a finding back, and what never does.
@Suite struct AlertPolicyTests {
  static let now = Instant(milliseconds: 1_773_321_600_000)

  static func ago(_ hours: Double) -> Instant { Instant(milliseconds: now.milliseconds - Int64(hours * 3_600_000)) }

  static func candidate(
    _ probability: Double? = 0.3, _ indicator: String = "warning", isTreated: Bool = false, isCautioned: Bool = false,
    unit: String? = "Location/icu"
  ) -> AlertCandidate {
    AlertCandidate(
      model: "m", outcome: "sepsis", probability: probability, indicator: indicator, isTreated: isTreated,
      isCautioned: isCautioned, unit: unit)
  }

  static func event(_ hours: Double, urgency: Int = 1, outcome: String = "sepsis") -> AlertHistory.Event {
    .init(model: "m", outcome: outcome, instant: ago(hours), urgency: urgency)
  }

  static func reason(
    _ policy: AlertPolicy, _ candidate: AlertCandidate, _ history: AlertHistory = AlertHistory(), shownNow: Int = 0
  ) -> AlertSuppression? {
    policy.reason(toHold: candidate, history, at: now, shownNow: shownNow)
  }

  @Test func nothingIsHeldBackWithoutAPolicy() {
    let full = AlertHistory(
      showings: [Self.event(0)], acknowledgements: [Self.event(0)], shownOnUnits: ["Location/icu": 1000])
    #expect(Self.reason(AlertPolicy(), Self.candidate(isTreated: true), full) == nil)
  }

  @Test func aFindingCoolsDownUnlessItGotWorse() {
    let policy = AlertPolicy(coolDownHours: 4)
    func shown(_ hours: Double, _ urgency: Int = 1, _ outcome: String = "sepsis") -> AlertHistory {
      AlertHistory(showings: [Self.event(hours, urgency: urgency, outcome: outcome)])
    }
    #expect(Self.reason(policy, Self.candidate(), shown(3.999)) == .coolDown)
    #expect(Self.reason(policy, Self.candidate(), shown(4)) == nil)
    #expect(Self.reason(policy, Self.candidate(), shown(1, 0)) == nil)  // it was info then
    #expect(Self.reason(policy, Self.candidate(0.3, "info"), shown(1, 1)) == .coolDown)
    #expect(Self.reason(policy, Self.candidate(0.3, "critical"), shown(1, 2)) == nil)
    #expect(Self.reason(policy, Self.candidate(), shown(1, 1, "aki")) == nil)
    #expect(Self.reason(policy, Self.candidate(isCautioned: true), shown(1)) == nil)
    #expect(Self.reason(policy, Self.candidate(nil, "info"), shown(1)) == nil)
    // The last showing counts.
    let twice = AlertHistory(showings: [Self.event(1, urgency: 0), Self.event(3, urgency: 1)])
    #expect(Self.reason(policy, Self.candidate(), twice) == nil)
  }

  @Test func whatAClinicianActedOnIsNotShownAgainUnlessItGotWorse() {
    let policy = AlertPolicy(acknowledgedHours: 8)
    func acted(_ hours: Double, _ urgency: Int = 1) -> AlertHistory {
      AlertHistory(acknowledgements: [Self.event(hours, urgency: urgency)])
    }
    #expect(Self.reason(policy, Self.candidate(), acted(7.9)) == .acknowledged)
    #expect(Self.reason(policy, Self.candidate(), acted(8)) == nil)
    #expect(Self.reason(policy, Self.candidate(0.3, "critical"), acted(1)) == nil)
    #expect(Self.reason(policy, Self.candidate(0.3, "critical"), acted(1, 2)) == .acknowledged)
  }

  @Test func thresholdsTreatmentCeilingAndShadow() {
    let least = AlertPolicy(thresholds: ["sepsis": 0.3])
    #expect(Self.reason(least, Self.candidate(0.2999)) == .belowThreshold)
    #expect(Self.reason(least, Self.candidate(0.3)) == nil)
    let treated = AlertPolicy(holdsTreated: true)
    #expect(Self.reason(treated, Self.candidate(isTreated: true)) == .alreadyTreated)
    #expect(Self.reason(treated, Self.candidate()) == nil)
    #expect(Self.reason(treated, Self.candidate(0.3, "critical", isTreated: true)) == nil)
    let ceiling = AlertPolicy(unitCeiling: 3)
    let busy = AlertHistory(shownOnUnits: ["Location/icu": 2])
    #expect(Self.reason(ceiling, Self.candidate(), busy) == nil)
    #expect(Self.reason(ceiling, Self.candidate(), busy, shownNow: 1) == .unitCeiling)
    #expect(Self.reason(ceiling, Self.candidate(0.3, "critical"), busy, shownNow: 1) == nil)
    #expect(Self.reason(ceiling, Self.candidate(unit: nil), busy, shownNow: 9) == nil)
    #expect(Self.reason(AlertPolicy(shadow: true), Self.candidate(nil, "info")) == .shadow)
    #expect(Self.reason(AlertPolicy(shadow: true), Self.candidate(isCautioned: true)) == .shadow)
  }

  @Test func whatCannotBeMeantIsAFault() {
    #expect(AlertPolicy(coolDownHours: -1).fault != nil)
    #expect(AlertPolicy(acknowledgedHours: .infinity).fault != nil)
    #expect(AlertPolicy(unitCeiling: 0).fault != nil)
    #expect(AlertPolicy(thresholds: ["sepsis": 1.5]).fault != nil)
    #expect(AlertPolicy(thresholds: ["sepsis": 1], coolDownHours: 0, unitCeiling: 1).fault == nil)
  }

  @Test func stateAndCandidatesAreReadBackAsTheyWereWritten() throws {
    let history = AlertHistory(
      showings: [Self.event(1)], acknowledgements: [Self.event(2, urgency: 2)],
      shownOnUnits: ["Location/b": 2, "Location/a": 1])
    for state in [
      AnswerState(), AnswerState(stoppedModels: ["b", "a"]), AnswerState(stoppedModels: ["a"], history: history),
      AnswerState(pages: ["b": "https://cds.example.org/explanations/1", "a": "https://cds.example.org/explanations/2"]
      ),
    ] {
      #expect(AnswerState(record: state.record) == state)
    }
    #expect(AnswerState().record == nil && AnswerState(record: Array("{".utf8)) == nil)
    for candidate in [Self.candidate(), Self.candidate(nil, "info", isTreated: true, isCautioned: true, unit: nil)] {
      #expect(AlertCandidate(try Document(candidate.json.encoded(), syntax: .json).root) == candidate)
    }
  }

  /// The whole way: at an order hook what a clinician acted on a moment ago is held back and the record says so; given again
  /// with the same state the answer is the same.
  @Test func anAnswerHoldsBackWhatWasActedOn() throws {
    let assessor = try HookAnswerTests.assessor()
    let call = try HookCall(try HookAnswerTests.request("order-sign"), service: "patient-risk", in: assessor.services)
    let instant = Samples.instant(try Samples.chart("septic-deterioration"), assessor)
    let first = try assessor.answer(call, at: instant)
    #expect(!first.shown.isEmpty && first.state == nil)
    let seen = AlertHistory(
      acknowledgements: first.shown.map {
        .init(
          model: $0.model, outcome: $0.outcome, instant: Instant(milliseconds: instant.milliseconds - 60_000),
          urgency: 2)
      }, shownOnUnits: ["Location/elsewhere": 5])
    let state = AnswerState(history: seen)
    let second = try assessor.answer(call, state: state, at: instant)
    #expect(second.shown.isEmpty)
    #expect(second.findings.filter { $0.heldBack == .acknowledged }.map(\.uuid) == first.shown.map(\.uuid))
    let record = try Document(second.outputs, syntax: .json).root
    #expect(record.elements("withheld").contains { $0["reason"]?.equals("acknowledged") == true })
    #expect(Array(record.elements("candidates")).compactMap { AlertCandidate($0) }.count == second.findings.count)
    #expect(try Document(second.response, syntax: .json).root.elements("cards").isEmpty)
    // Another unit's burden is not this patient's business.
    let kept = try #require(AnswerState(record: second.state))
    #expect(kept.history.shownOnUnits.isEmpty)
    let again = try assessor.answer(call, state: kept, at: instant)
    #expect(again == second)
  }

  @Test func aStoppedModelIsNotAskedAndSaysSo() throws {
    let assessor = try HookAnswerTests.assessor()
    let call = try HookCall(try HookAnswerTests.request("patient-view"), service: "patient-risk", in: assessor.services)
    let instant = Samples.instant(try Samples.chart("septic-deterioration"), assessor)
    let id = assessor.packages[0].manifest.id
    let answer = try assessor.answer(call, state: AnswerState(stoppedModels: [id]), at: instant)
    let cards = try HookAnswerTests.cards(answer)
    #expect(cards.count == 2)
    #expect(cards[0]["summary"]?.string?.hasSuffix("not assessed, because the model is stopped") == true)
    #expect(cards[1]["summary"]?.string?.contains("stopped") == false)
    let models = Array(try Document(answer.outputs, syntax: .json).root.elements("models"))
    #expect(Array(models[0].elements("findings")).allSatisfy { $0["memberLogits"] == nil && $0["probability"] == nil })
  }
}
