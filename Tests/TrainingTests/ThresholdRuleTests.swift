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

  @Test func utilityIsTheGreatestThereIs() {
    let probabilities = probabilities
    func utility(_ threshold: Double) -> Double {
      let alarms = stays.map { stay in stay.map { probabilities[$0] >= threshold } }
      return SepsisUtility.normalised(labels: stays.map { Array(labels[$0]) }, alarms: alarms) ?? -.infinity
    }
    let best = Set(probabilities).map(utility).max()
    #expect(utility(ThresholdRule.utility.threshold(probabilities, labels, stays: stays)) == best)
  }

  @Test func sensitivityIsReachedAndNoMore() {
    let probabilities = probabilities
    let positives = labels.count { $0 }
    for share in [0.1, 0.5, 0.8, 1] {
      let threshold = ThresholdRule.sensitivity(share).threshold(probabilities, labels, stays: stays)
      func found(_ threshold: Double) -> Double {
        Double(labels.indices.count { labels[$0] && probabilities[$0] >= threshold }) / Double(positives)
      }
      #expect(found(threshold) >= share)
      #expect(found(threshold.nextUp) < share)
    }
  }

  @Test func score1PeaksThere() {
    let evaluation = BinaryEvaluation(scores: probabilities, labels: labels)
    let threshold = ThresholdRule.score1.threshold(probabilities, labels, stays: stays)
    let best = Set(probabilities).map { evaluation.confusion(threshold: $0).score1 }.max()
    #expect(evaluation.confusion(threshold: threshold).score1 == best)
  }

  @Test(arguments: ["\"score1\"", "\"utility\"", "{\"sensitivity\":0.8}"])
  func writtenAsRead(_ text: String) throws {
    let rule = try JSONDecoder().decode(ThresholdRule.self, from: Data(text.utf8))
    #expect(String(decoding: try JSONEncoder().encode(rule), as: UTF8.self) == text)
  }

  @Test(arguments: ["\"best\"", "{\"sense\":0.8}", "3"])
  func otherRulesAreRefused(_ text: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(ThresholdRule.self, from: Data(text.utf8)) }
  }
}
