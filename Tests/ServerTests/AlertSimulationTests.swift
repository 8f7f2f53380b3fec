// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Foundation
import HTTPTypes
import HummingbirdTesting
import Networks
import Replay
import Testing

/// What a policy is said to have shown of the past is what the service shows: the same calls, acts of clinicians and policies are
/// given to a running service and to the simulation, card by card.
@Suite struct AlertSimulationTests {
  private static let policies: [AlertPolicy] = [
    AlertPolicy(), AlertPolicy(coolDownHours: 3), AlertPolicy(thresholds: ["outcome": 0.52]),
    AlertPolicy(unitCeiling: 2), AlertPolicy(acknowledgedHours: 6, coolDownHours: 2),
    AlertPolicy(
      thresholds: ["outcome": 0.4], acknowledgedHours: 4, coolDownHours: 1.5, holdsTreated: true, unitCeiling: 3),
    AlertPolicy(shadow: true),
  ]

  /// A threshold between what the two models say of the chart at its end, so that it holds one of them back.
  private static func between() throws -> Double {
    let request = try HookRequest(try Document(try Fixture.bytes("hooks/patient-view-septic.json"), syntax: .json))
    let chart = Chart(resources: request.prefetch.flatMap(\.resources), patientID: request.context.patientID)
    let said = try SmallModels.assessor.get().predict(chart, at: [septicEnd]).flatMap(\.findings)
    let probabilities = said.compactMap { $0.risk?.probability }
    let (first, last) = (try #require(probabilities.first), try #require(probabilities.last))
    return (first + last) / 2
  }

  @Test(arguments: policies.indices)
  func theServiceShowsWhatTheSimulationSays(_ number: Int) async throws {
    var policy = Self.policies[number]
    if policy.thresholds != nil { policy.thresholds = ["outcome": try Self.between()] }
    let tested = try ServiceUnderTest(alerting: policy)
    let assessor = try SmallModels.assessor(alerting: policy)
    var simulation = AlertSimulation(policy, memoryHours: assessor.services.memoryHours)
    var random = RandomSource(seed: UInt64(number))
    let text = try Fixture.text("hooks/patient-view-septic.json")
    var expected: [[AlertSuppression?]] = []
    var instant = Instant(milliseconds: septicEnd.milliseconds - 30 * 3_600_000)
    for _ in 0..<60 {
      // On to a moment that is no round number, so that nothing rests on the edge of a window.
      instant = Instant(milliseconds: instant.milliseconds + Int64(random.index(below: 3_000_001)) + 60_000)
      tested.set(instant)
      let patient = "syn-patient-\(random.index(below: 4))"
      let body = Array(text.replacing("syn-septic", with: patient).utf8)
      let response = try await tested.call(body)
      #expect(response.status == .ok)

      let document = try Document(body, syntax: .json)
      let request = try HookRequest(document)
      let chart = Chart(resources: request.prefetch.flatMap(\.resources), patientID: request.context.patientID)
      let assessment = try #require(assessor.predict(chart, at: [instant]).first)
      let candidates = assessor.candidates(chart, assessment, shows: .all).map(\.candidate)
      expected.append(
        simulation.answer(candidates, patient: patient, unit: candidates.lazy.compactMap(\.unit).first, at: instant))

      // Now and then a clinician acts on a card.
      guard random.index(below: 5) == 0, let card = try response.json()["cards"]?.elements.first,
        let place = expected.last?.firstIndex(of: nil)
      else { continue }
      let now = String(instant.description)
      _ = try await FeedbackTests.send(tested, [FeedbackTests.overridden(card["uuid"], at: now)])
      let acted = candidates[place]
      let told = try #require(DateTime(now)?.earliest)
      simulation.acknowledge(
        .init(
          model: acted.model, outcome: acted.outcome, instant: min(told, instant),
          urgency: AlertHistory.urgency(of: acted.indicator)), patient: patient)
    }
    let answers = try tested.records().map(\.entry).filter { $0.kind == .answer }
    let said = answers.map { $0.cards.map { $0.heldBack.flatMap(AlertSuppression.init) } }
    #expect(said == expected)
    // A policy that never held anything back, or always, would prove little.
    let reasons = Set(expected.joined().map { $0?.rawValue ?? "shown" })
    if number > 0 { #expect(reasons.count > (number == 6 ? 0 : 1), "only \(reasons)") }
  }
}
