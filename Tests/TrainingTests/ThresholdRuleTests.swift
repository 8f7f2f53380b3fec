// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks
import Testing
import Training

@Suite struct ThresholdRuleTests {
  private let labels = (0..<20).flatMap { stay in (0..<20).map { stay < 8 && $0 >= 9 } }
  private let stays = (0..<20).map { $0 * 20..<$0 * 20 + 20 }

  /// Few distinct values, so that ties matter.
  private var probabilities: [Double] {
    var random = RandomSource(seed: 7)
    return labels.map { ($0 ? 0.2 : 0) + Double(random.index(below: 8)) / 10 }
  }

  @Test func utilityIsTheGreatestThereIs() throws {
    let probabilities = probabilities
    func utility(_ threshold: Double) -> Double {
      let alarms = stays.map { stay in stay.map { probabilities[$0] >= threshold } }
      return SepsisUtility.normalised(labels: stays.map { Array(labels[$0]) }, alarms: alarms) ?? -.infinity
    }
    let best = Set(probabilities).map(utility).max()
    let threshold = try #require(ThresholdRule.utility.threshold(probabilities, labels, stays: stays, days: 20))
    #expect(utility(threshold) == best)
  }

  @Test func sensitivityIsReachedAndNoMore() throws {
    let probabilities = probabilities
    let positives = labels.count { $0 }
    for share in [0.1, 0.5, 0.8, 1] {
      let threshold = try #require(
        ThresholdRule.sensitivity(share).threshold(probabilities, labels, stays: stays, days: 20))
      func found(_ threshold: Double) -> Double {
        Double(labels.indices.count { labels[$0] && probabilities[$0] >= threshold }) / Double(positives)
      }
      #expect(found(threshold) >= share)
      #expect(found(threshold.nextUp) < share)
    }
  }

  @Test func score1PeaksThere() throws {
    let evaluation = BinaryEvaluation(scores: probabilities, labels: labels)
    let threshold = try #require(ThresholdRule.score1(nil).threshold(probabilities, labels, stays: stays, days: 20))
    let best = Set(probabilities).map { evaluation.confusion(threshold: $0).score1 }.max()
    #expect(evaluation.confusion(threshold: threshold).score1 == best)
  }

  /// Each limit in turn is what the threshold bends to: it is the best of those that keep it, by trying all.
  @Test(arguments: [(0.0, 0.0, 9.0), (0.75, 0, 9), (0, 0, 1.2), (0, 0.95, 9), (0.5, 0.5, 1)])
  func limitsAreKeptAndTheBestIsTaken(_ precision: Double, _ sensitivity: Double, _ perDay: Double) throws {
    let (probabilities, days) = (probabilities, 20.0)
    let evaluation = BinaryEvaluation(scores: probabilities, labels: labels)
    func keeps(_ threshold: Double) -> Bool {
      let counts = evaluation.confusion(threshold: threshold)
      let starts = stays.reduce(0) { sum, stay in
        sum
          + stay.count {
            probabilities[$0] >= threshold && ($0 == stay.lowerBound || probabilities[$0 - 1] < threshold)
          }
      }
      return counts.precision ?? 0 >= precision && counts.sensitivity ?? 0 >= sensitivity
        && Double(starts) <= perDay * days
    }
    let limits = AlarmLimits(leastPrecision: precision, leastSensitivity: sensitivity, mostPerPatientDay: perDay)
    let found = ThresholdRule.score1(limits).threshold(probabilities, labels, stays: stays, days: days)
    let best = Set(probabilities).filter(keeps).map { evaluation.confusion(threshold: $0).score1 }.max()
    #expect(found.map { evaluation.confusion(threshold: $0).score1 } == best)
    #expect(found.map(keeps) ?? true)
  }

  @Test func noAlarmIsBetterThanOneThatIsNeverRight() {
    let limits = AlarmLimits(leastPrecision: 0.99, leastSensitivity: 0.9, mostPerPatientDay: 9)
    #expect(ThresholdRule.score1(limits).threshold(probabilities, labels, stays: stays, days: 20) == nil)
  }

  @Test(arguments: [
    "{\"score1\":{\"leastPrecision\":0.1,\"leastSensitivity\":0.05,\"mostPerPatientDay\":1}}",
    "\"score1\"", "\"utility\"",
    "{\"sensitivity\":0.8}",
  ])
  func writtenAsRead(_ text: String) throws {
    let rule = try JSONDecoder().decode(ThresholdRule.self, from: Data(text.utf8))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(rule), as: UTF8.self) == text)
  }

  @Test(arguments: ["\"best\"", "{\"sense\":0.8}", "3"])
  func otherRulesAreRefused(_ text: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(ThresholdRule.self, from: Data(text.utf8)) }
  }
}
