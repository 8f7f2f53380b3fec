// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Foundation
import Replay
import Testing

/// Another policy on what happened: one patient shown four times, once accepted, another set aside.
@Suite struct AlertTrialTests {
  static let start = Instant(milliseconds: 1_773_321_600_000)

  static func answer(_ trail: AuditTrail, _ patient: String, _ hour: Double, _ probability: Double) async throws {
    let instant = Instant(milliseconds: start.milliseconds + Int64(hour * 3_600_000))
    let candidate = AlertCandidate(
      model: "m", outcome: "sepsis", probability: probability, indicator: "warning", unit: "Location/icu")
    var entry = AuditEntry(time: instant, kind: .answer)
    entry.service = "patient-risk"
    entry.hook = "order-sign"
    entry.patient = trail.pseudonyms.patient(patient)
    entry.instant = instant
    entry.cards = [
      .init(key: trail.pseudonyms.card("card-\(patient)"), model: "m", outcome: "sepsis", indicator: "warning")
    ]
    let outputs: JSON = ["candidates": [candidate.json]]
    entry.payload = AuditPayload(
      request: [], requestMediaType: "", features: [], outputs: outputs.encoded(), response: [], responseMediaType: "")
    _ = try await trail.append(entry)
  }

  static func feedback(_ trail: AuditTrail, _ patient: String, _ hour: Double, _ outcome: String) async throws {
    var entry = AuditEntry(
      time: Instant(milliseconds: start.milliseconds + Int64(hour * 3_600_000)), kind: .feedback)
    entry.service = "patient-risk"
    entry.patient = trail.pseudonyms.patient(patient)
    entry.outcome = outcome
    entry.cards = [
      .init(key: trail.pseudonyms.card("card-\(patient)"), model: "m", outcome: "sepsis", indicator: "warning")
    ]
    _ = try await trail.append(entry)
  }

  @Test func aPolicyIsTriedOnWhatHappened() async throws {
    let directory = DataDirectory(path: NSTemporaryDirectory() + "vigil-trial-" + UUID().uuidString)
    defer { try? FileManager.default.removeItem(atPath: directory.path) }
    let trail = try AuditTrail(directory: directory)
    for hour in [0.0, 1, 2, 5] { try await Self.answer(trail, "a", hour, 0.3) }
    try await Self.answer(trail, "b", 2.5, 0.1)
    try await Self.feedback(trail, "b", 2.6, "overridden")
    try await Self.answer(trail, "c", 2.7, 0.2)
    try await Self.feedback(trail, "c", 2.8, "accepted")
    try await Self.answer(trail, "c", 2.9, 0.2)
    let reader = try AuditReader(directory: directory)

    func trial(_ policy: AlertPolicy) throws -> AlertTrial.Row {
      let trial = try AlertTrial(policy, on: reader, service: "patient-risk")
      #expect(trial.answers == 7 && trial.notJudged == 0)
      return try #require(trial.rows.first)
    }
    let none = try trial(AlertPolicy())
    #expect(none.shown == 7 && none.wouldBeShown == 7 && none.heldBack.isEmpty)
    let cool = try trial(AlertPolicy(coolDownHours: 4))
    #expect(cool.wouldBeShown == 4 && cool.heldBack == [.coolDown: 3])
    #expect(cool.acceptedLost == 0 && cool.overriddenSpared == 0)
    let acted = try trial(AlertPolicy(acknowledgedHours: 1))
    #expect(acted.wouldBeShown == 6 && acted.heldBack == [.acknowledged: 1])
    let least = try trial(AlertPolicy(thresholds: ["sepsis": 0.25]))
    #expect(least.wouldBeShown == 4 && least.heldBack == [.belowThreshold: 3])
    #expect(least.acceptedLost == 1 && least.overriddenSpared == 1)
    let ceiling = try trial(AlertPolicy(unitCeiling: 2))
    #expect(ceiling.heldBack == [.unitCeiling: 2])
    #expect(try AlertTrial(AlertPolicy(), on: reader, service: "patient-risk", hook: "patient-view").rows.isEmpty)
    try trail.close()
  }
}
