// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

@Suite struct SurvivalTests {
  @Test func hazardTargetsByHand() {
    let target = Target.hazard(
      times: [1, 3, 4, 9, 3, 5, 5.5], events: [true, true, true, true, false, false, false], ends: [3, 5, 8])
    let labels: [[Float]] = [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    let weights: [[Float]] = [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 0]]
    #expect(target.labels.values == labels.flatMap(\.self))
    #expect(target.weights?.values == weights.flatMap(\.self))
  }

  @Test func curveMultipliesHazards() {
    let curve = SurvivalCurve(hazards: [0.1, 0.5, 0], ends: [2, 4, 10])
    #expect(curve.survival == [0.9, 0.45, 0.45])
    #expect(curve.probability(at: 0) == 1 && abs(curve.probability(at: 1) - 0.95) < 1e-12)
    #expect(curve.probability(at: 2) == 0.9 && abs(curve.probability(at: 3) - 0.675) < 1e-12)
    #expect(curve.probability(at: 400) == 0.45 && curve.probability(at: -1) == 1)
    let mean = SurvivalCurve(mean: [curve, SurvivalCurve(hazards: [0, 0, 0], ends: [2, 4, 10])])
    #expect(mean.survival == [0.95, 0.725, 0.725])
    #expect(abs(SurvivalCurve(logits: [Float(0)], ends: [1]).survival[0] - 0.5) < 1e-12)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func concordanceIsTheShareOfOrderedPairs(_ seed: UInt64) {
    var random = RandomSource(seed: seed)
    let times = (0..<120).map { _ in Double(random.index(below: 25)) }
    let events = times.map { _ in random.uniform() < 0.6 }
    let risks = times.map { _ in Double(random.index(below: 12)) }
    var (won, pairs) = (0.0, 0.0)
    for i in 0..<120 where events[i] {
      for j in 0..<120 where times[j] > times[i] || (times[j] == times[i] && !events[j]) {
        pairs += 1
        won += risks[i] > risks[j] ? 1 : risks[i] == risks[j] ? 0.5 : 0
      }
    }
    let own = SurvivalEvaluation(times: times, events: events).concordance(risks: risks)
    #expect(own == won / pairs)
    #expect(SurvivalEvaluation(times: [1, 2], events: [false, false]).concordance(risks: [1, 2]) == nil)
  }

  @Test func brierByHand() throws {
    let evaluation = SurvivalEvaluation(times: [1, 3, 2, 4], events: [true, true, false, false])
    let curve = SurvivalCurve(hazards: [0.2, 0.5], ends: [2, 4])
    let curves = [SurvivalCurve](repeating: curve, count: 4)
    // At 2.5: row 0 dead, row 1 alive, row 2 unknown (censored at 2), row 3 alive; S = 0.7.
    let between = try #require(evaluation.brier(curves, at: 2.5))
    #expect(abs(between - 0.67 / 3) < 1e-12)
    // At 2 row 2 is known to be alive; at 4 row 3 is.
    let early = try #require(evaluation.brier(curves, at: 2))
    #expect(abs(early - (0.64 + 3 * 0.04) / 4) < 1e-12)
    let full = evaluation.censored(at: 2)
    #expect(full.times == [1, 2, 2, 2] && full.events == [true, false, false, false])
    let integral = try #require(full.integratedBrier(curves, from: 0, to: 2))
    let scores = try [0, 1, 2].map { try #require(full.brier(curves, at: $0)) }
    let expected = (scores[0] + 2 * scores[1] + scores[2]) / 4
    #expect(abs(integral - expected) < 1e-12)
  }

  @Test func kaplanMeierByHand() {
    // At risk 6, 5 (one death, one censored), 3, 1.
    let curve = KaplanMeier(times: [1, 2, 2, 3, 4, 5], events: [true, true, false, true, false, true])
    #expect(curve.times == [1, 2, 3, 5])
    let expected = [5.0 / 6, 5.0 / 6 * 4 / 5, 5.0 / 6 * 4 / 5 * 2 / 3, 0]
    #expect(zip(curve.survival, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(curve.probability(at: 0.5) == 1 && abs(curve.probability(at: 2.5) - 2.0 / 3) < 1e-12)
  }
}
