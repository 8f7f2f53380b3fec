// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

/// Probabilities on a coarse grid, so that ties abound, and labels that follow them.
private func sample(_ count: Int, seed: UInt64) -> BinaryEvaluation {
  var random = RandomSource(seed: seed)
  let scores = (0..<count).map { _ in Double(random.index(below: 30) + 1) / 32 }
  return BinaryEvaluation(scores: scores, labels: scores.map { random.uniform() < $0 })
}

@Suite struct MetricsTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func aurocIsTheShareOfOrderedPairs(_ seed: UInt64) throws {
    let evaluation = sample(150, seed: seed)
    var (won, pairs) = (0.0, 0.0)
    for (i, positive) in evaluation.labels.enumerated() where positive {
      for (j, other) in evaluation.labels.enumerated() where !other {
        pairs += 1
        won += evaluation.scores[i] > evaluation.scores[j] ? 1 : evaluation.scores[i] == evaluation.scores[j] ? 0.5 : 0
      }
    }
    #expect(abs(try #require(evaluation.auroc) - won / pairs) < 1e-12)
  }

  /// By hand: scores .9+ .8− .7+ .7− .1−.
  @Test func smallExampleByHand() throws {
    let evaluation = BinaryEvaluation(
      scores: [0.1, 0.7, 0.9, 0.8, 0.7], labels: [false, true, true, false, false])
    #expect(evaluation.auroc == (3 + 1.5) / 6)
    #expect(evaluation.averagePrecision == 0.5 * 1 + 0.5 * 0.5)
    #expect(abs(evaluation.brier - (0.01 + 0.09 + 0.01 + 0.64 + 0.49) / 5) < 1e-12)
    let counts = evaluation.confusion(threshold: 0.7)
    #expect(counts.truePositives == 2 && counts.falsePositives == 2 && counts.trueNegatives == 1)
    #expect(counts.accuracy == 0.6 && counts.sensitivity == 1 && counts.specificity == 1.0 / 3)
    #expect(counts.precision == 0.5 && counts.f1 == 4.0 / 6 && counts.score1 == 0.5)
    // min(Se, PPV) is .5 at thresholds .9 (1/2, 1), .8 (1/2, 1/2) and .7: the highest is taken.
    #expect(evaluation.bestScore1?.threshold == 0.9 && evaluation.bestScore1?.score1 == 0.5)
  }

  @Test func confusionsAgreeWithEachThreshold() {
    let evaluation = sample(200, seed: 4)
    let all = evaluation.confusions()
    #expect(all.count == Set(evaluation.scores).count)
    for counts in all { #expect(counts == evaluation.confusion(threshold: counts.threshold)) }
    #expect(all.map(\.score1).max() == evaluation.bestScore1?.score1)
  }

  @Test func calibrationError() {
    // Ten rows, two bins: means .2 and .8, shares .4 and .6.
    let evaluation = BinaryEvaluation(
      scores: [0.1, 0.1, 0.2, 0.3, 0.3, 0.7, 0.7, 0.8, 0.9, 0.9],
      labels: [false, true, false, true, false, true, true, false, false, true])
    #expect(abs(evaluation.calibrationError(bins: 2) - 0.2) < 1e-12)
    let bins = sample(1003, seed: 5).calibration(bins: 10)
    #expect(bins.map(\.count).reduce(0, +) == 1003 && bins.allSatisfy { (100...101).contains($0.count) })
  }

  /// Written out from the definition, for 25 rows: bins of 2, the last 5 rows of the order unused.
  @Test func lemeshowFollowsItsDefinition() throws {
    var random = RandomSource(seed: 6)
    let scores = (0..<25).map { _ in random.uniform() * 0.9 + 0.05 }
    let labels = scores.map { _ in random.uniform() < 0.5 }
    let order = (0..<25).sorted { scores[$0] < scores[$1] }
    var (h, means) = (0.0, [Double]())
    for bin in 0..<10 {
      let rows = [order[2 * bin], order[2 * bin + 1]]
      let deaths = Double(rows.count { labels[$0] })
      let mean = (scores[rows[0]] + scores[rows[1]]) / 2
      h += (deaths - 2 * mean) * (deaths - 2 * mean) / (2 * mean * (1 - mean) + 0.001)
      means.append(mean)
    }
    let own = try #require(BinaryEvaluation(scores: scores, labels: labels).lemeshowH)
    #expect(abs(own - h / (means[9] - means[0])) < 1e-9)
  }

  @Test func emptyAndOneSidedSets() {
    let none = BinaryEvaluation(scores: [], labels: [])
    #expect(none.auroc == nil && none.averagePrecision == nil && none.lemeshowH == nil && none.bestScore1 == nil)
    let one = BinaryEvaluation(scores: [0.5, 0.5], labels: [true, true])
    #expect(one.auroc == nil && one.averagePrecision == 1 && one.confusion(threshold: 1).precision == nil)
  }

  @Test func bootstrapCoversAndRepeats() throws {
    var random = RandomSource(seed: 7)
    let values = (0..<400).map { _ in random.normal() }
    let mean = { (rows: [Int]) -> Double? in rows.reduce(0) { $0 + values[$1] } / Double(rows.count) }
    let interval = try BootstrapInterval(count: 400, seed: 1, statistic: mean)
    // The standard error of the mean is 1/20: the interval's width is near 2·1.96/20 = 0.196.
    #expect(abs(interval.high - interval.low - 0.196) < 0.03 && interval.replicates == 1000)
    #expect(try interval == BootstrapInterval(count: 400, seed: 1, statistic: mean))
    #expect(try interval != BootstrapInterval(count: 400, seed: 2, statistic: mean))
    #expect(throws: NetworkError.insufficientData) { try BootstrapInterval(count: 3, seed: 1) { _ in nil } }
  }
}
