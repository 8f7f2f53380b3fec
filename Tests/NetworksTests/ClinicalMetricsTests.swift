// SPDX-License-Identifier: Apache-2.0
import Networks
import Testing

@Suite struct ClinicalMetricsTests {
  /// Rows of 40 patients, with ties.
  private func rows(_ seed: UInt64) -> (probabilities: [Double], labels: [Bool], units: [Int]) {
    var random = RandomSource(seed: seed)
    var (probabilities, labels, units) = ([Double](), [Bool](), [Int]())
    for _ in 0..<400 {
      let risk = Double(random.index(below: 40) + 1) / 45
      probabilities.append(risk)
      labels.append(random.uniform() < risk)
      units.append(random.index(below: 40))
    }
    return (probabilities, labels, units)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func copiesAreRepeatedRows(seed: UInt64) throws {
    let (probabilities, labels, units) = rows(seed)
    var random = RandomSource(seed: seed + 100)
    let copies = (0..<40).map { _ in random.index(below: 4) }
    let repeated = units.indices.flatMap { Array(repeating: $0, count: copies[units[$0]]) }
    let plain = BinaryEvaluation(scores: repeated.map { probabilities[$0] }, labels: repeated.map { labels[$0] })
    let found = RankedRows(probabilities: probabilities, labels: labels, units: units).measures(
      copies: copies, bins: 10)
    #expect(abs(try #require(found.auroc) - #require(plain.auroc)) < 1e-12)
    #expect(abs(try #require(found.auprc) - #require(plain.averagePrecision)) < 1e-12)
    #expect(abs(try #require(found.brier) - plain.brier) < 1e-12)
    // Equal probabilities stand in another order there, and bins cut through them.
    let single = RankedRows(probabilities: distinct(probabilities), labels: labels, units: units)
    let copied = BinaryEvaluation(
      scores: repeated.map { distinct(probabilities)[$0] }, labels: repeated.map { labels[$0] })
    let score2 = try #require(single.measures(copies: copies, bins: 10).lemeshowH)
    #expect(abs(score2 - (try #require(copied.lemeshowH))) < 1e-6 * score2)
  }

  /// The probabilities moved apart by less than anything else differs.
  private func distinct(_ probabilities: [Double]) -> [Double] {
    probabilities.enumerated().map { $1 + Double($0) * 1e-9 }
  }

  @Test func calibrationErrorIsThatOfTheBins() throws {
    // Ten groups of ten equal probabilities: bins and groups are the same.
    let probabilities = (0..<100).map { Double($0 / 10 + 1) / 11 }
    let labels = (0..<100).map { $0 % 10 < $0 / 10 }
    let ranked = RankedRows(probabilities: probabilities, labels: labels, units: Array(0..<100))
    let found = ranked.measures(copies: Array(repeating: 1, count: 100), bins: 10)
    let plain = BinaryEvaluation(scores: probabilities, labels: labels)
    #expect(abs(try #require(found.ece) - plain.calibrationError(bins: 10)) < 1e-12)
  }

  @Test func oneClassHasNoArea() {
    let ranked = RankedRows(probabilities: [0.1, 0.2], labels: [true, false], units: [0, 1])
    #expect(ranked.measures(copies: [1, 0], bins: 10).auroc == nil)
    #expect(ranked.measures(copies: [0, 0], bins: 10) == RankedRows.Measures())
  }

  @Test func calibrationLineFindsWhatWasDone() throws {
    var random = RandomSource(seed: 4)
    var (probabilities, labels) = ([Double](), [Bool]())
    for _ in 0..<20_000 {
      let logit = 2 * random.normal()
      labels.append(random.uniform() < sigmoid(0.5 * logit))
      probabilities.append(sigmoid(logit))
    }
    let line = try #require(CalibrationLine(probabilities: probabilities, labels: labels, units: Array(labels.indices)))
    #expect(line.slope.low < 0.5 && line.slope.high > 0.5)
    #expect(abs(line.slope.value - 0.5) < 0.05 && line.slope.high - line.slope.low < 0.1)
    #expect(abs(line.intercept.value) < 0.05)
    // Every row twice within its unit is no more evidence.
    let twice = try #require(
      CalibrationLine(
        probabilities: probabilities + probabilities, labels: labels + labels,
        units: Array(labels.indices) + Array(labels.indices)))
    #expect(abs(twice.slope.low - line.slope.low) < 1e-6)
    #expect(CalibrationLine(probabilities: [0.5], labels: [true], units: [0]) == nil)
  }

  private func sigmoid(_ z: Double) -> Double { PlattScaling(slope: 1, intercept: 0).probability(z) }

  /// Figures of Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29.
  @Test(arguments: [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
  ])
  func wilsonAsPublished(count: Int, total: Int, low: Double, high: Double) throws {
    let interval = try #require(BinomialInterval(count, of: total))
    #expect(abs(interval.low - low) < 5e-5 && abs(interval.high - high) < 5e-5)
    #expect(BinomialInterval(0, of: 0) == nil)
  }

  @Test func netBenefitOfAllAndOfThePerfect() {
    let labels = (0..<100).map { $0 < 20 }
    let perfect = DecisionCurve(
      probabilities: labels.map { $0 ? 0.9 : 0.1 }, labels: labels, thresholds: [0.05, 0.2, 0.5, 1])
    #expect(perfect.points.map(\.threshold) == [0.05, 0.2, 0.5])
    // Under 0.1 all are acted upon; from there on the cases alone.
    #expect(abs(perfect.points[0].model - perfect.points[0].all) < 1e-12)
    #expect(abs(perfect.points[1].model - 0.2) < 1e-12)
    #expect(abs(perfect.points[1].all - 0) < 1e-12)  // threshold = prevalence
  }

  @Test func deLongAgreesWithTheBootstrap() throws {
    var random = RandomSource(seed: 9)
    let labels = (0..<600).map { _ in random.uniform() < 0.3 }
    let shared = labels.map { ($0 ? 1.0 : 0) + random.normal() }
    let better = shared.map { $0 + 0.1 * random.normal() }
    let worse = shared.map { $0 + 1.0 * random.normal() }
    let found = try #require(DeLong(better, worse, labels: labels))
    let plain = { (scores: [Double], rows: [Int]) in
      BinaryEvaluation(scores: rows.map { scores[$0] }, labels: rows.map { labels[$0] }).auroc ?? 0.5
    }
    let all = Array(labels.indices)
    #expect(abs(found.difference - (plain(better, all) - plain(worse, all))) < 1e-12)
    let bootstrap = try BootstrapInterval(count: 600, replicates: 400, seed: 1) { plain(better, $0) - plain(worse, $0) }
    #expect(abs(found.interval.lowerBound - bootstrap.low) < 0.02)
    #expect(abs(found.interval.upperBound - bootstrap.high) < 0.02)
    #expect(try #require(DeLong(better, better, labels: labels)).deviation == 0)
  }
}
