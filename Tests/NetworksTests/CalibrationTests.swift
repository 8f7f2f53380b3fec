// SPDX-License-Identifier: Apache-2.0

import Foundation
import Networks
import Testing

@Suite struct CalibrationTests {
  @Test func plattFindsTheCurveThatMadeTheLabels() throws {
    var random = RandomSource(seed: 1)
    let truth = PlattScaling(slope: 0.8, intercept: -0.5)
    let logits = (0..<40_000).map { _ in random.normal() * 2 }
    let labels = logits.map { random.uniform() < truth.probability($0) }
    let fit = try PlattScaling(fitting: logits, labels: labels)
    #expect(abs(fit.slope - 0.8) < 0.04 && abs(fit.intercept + 0.5) < 0.05)
    // At the maximum of the likelihood the residuals vanish, alone and times the logit.
    let residuals = zip(logits, labels).map { fit.probability($0) - ($1 ? 1 : 0) }
    #expect(abs(residuals.reduce(0, +)) < 2)
    #expect(abs(zip(residuals, logits).reduce(0) { $0 + $1.0 * $1.1 }) < 5)
  }

  @Test func plattStaysFiniteOnSeparatedClasses() throws {
    let fit = try PlattScaling(fitting: [-3, -2, -1, 1, 2, 3], labels: [false, false, false, true, true, true])
    // Where SciPy's L-BFGS-B finds the greatest likelihood of the targets 1/5 and 4/5, with a floor.
    #expect(abs(fit.slope - 0.7475) < 1e-3 && abs(fit.intercept + 0.3361) < 1e-3 && abs(fit.floor - 0.0924) < 1e-3)
    let flat = try PlattScaling(fitting: [1, 1, 1, 1], labels: [false, true, false, false])
    #expect(flat.slope.isFinite && flat.probability(1) < 0.5)
    #expect(throws: NetworkError.insufficientData) { try PlattScaling(fitting: [1, 2], labels: [true, true]) }
  }

  @Test(arguments: [0, 0.01, 0.1])
  func plattFindsTheFloor(_ floor: Double) throws {
    var random = RandomSource(seed: 3)
    let truth = PlattScaling(slope: 0.9, intercept: 0.2, floor: floor)
    let logits = (0..<200_000).map { _ in random.normal() * 2 - 3 }
    let labels = logits.map { random.uniform() < truth.probability($0) }
    let fit = try PlattScaling(fitting: logits, labels: labels)
    #expect(abs(fit.floor - floor) < 0.004 && abs(fit.slope - 0.9) < 0.1 && abs(fit.intercept - 0.2) < 0.15)
    #expect(abs(fit.probability(-1000) - fit.floor) < 1e-300)
    // No curve makes the labels, drawn in as Platt advises, likelier: not the one that made them, nor one close by.
    let positives = Double(labels.count { $0 })
    let (high, low) = ((positives + 1) / (positives + 2), 1 / (Double(labels.count) - positives + 2))
    func logLikelihood(_ curve: PlattScaling) -> Double {
      zip(logits, labels).reduce(0) { sum, row in
        let (p, target) = (curve.probability(row.0), row.1 ? high : low)
        return sum + target * Elementary.log(p) + (1 - target) * Elementary.log(1 - p)
      }
    }
    let best = logLikelihood(fit)
    #expect(best > logLikelihood(truth))
    for change in [0.999, 1.001] {
      #expect(best > logLikelihood(.init(slope: fit.slope * change, intercept: fit.intercept, floor: fit.floor)))
      #expect(best > logLikelihood(.init(slope: fit.slope, intercept: fit.intercept * change, floor: fit.floor)))
      if floor > 0 {
        #expect(best > logLikelihood(.init(slope: fit.slope, intercept: fit.intercept, floor: fit.floor * change)))
      }
    }
    #expect(try JSONDecoder().decode(PlattScaling.self, from: JSONEncoder().encode(fit)) == fit)
  }

  @Test func plattWithoutFloorIsRead() throws {
    let json = Data(#"{"slope": 2, "intercept": -1}"#.utf8)
    #expect(try JSONDecoder().decode(PlattScaling.self, from: json) == PlattScaling(slope: 2, intercept: -1))
  }

  @Test(arguments: [0.8, 0.9, 0.95])
  func conformalSetsCoverEachClass(_ coverage: Double) throws {
    var random = RandomSource(seed: 2)
    func draw(_ count: Int) -> (probabilities: [Double], labels: [Bool]) {
      let probabilities = (0..<count).map { _ in
        let u = random.uniform()
        return u * u * u
      }
      // Labels that do not follow the probabilities exactly: coverage must hold all the same.
      return (probabilities, probabilities.map { random.uniform() < 0.7 * $0 + 0.02 })
    }
    let (calibration, test) = (draw(20_000), draw(40_000))
    let sets = try ConformalSet(
      coverage: coverage, probabilities: calibration.probabilities, labels: calibration.labels)
    for label in [true, false] {
      let rows = test.labels.indices.filter { test.labels[$0] == label }
      let covered = rows.count { row in
        let set = sets.labels(test.probabilities[row])
        return label ? set.yes : set.no
      }
      #expect(abs(Double(covered) / Double(rows.count) - coverage) < 0.015)
    }
  }

  @Test func conformalRank() throws {
    // 19 positives at .05 … .95: for 90 % the bound is the ⌈20·0.9⌉ = 18th from the top, .10.
    let probabilities = (1...19).map { Double($0) / 20 } + [0.5]
    let labels = [Bool](repeating: true, count: 19) + [false]
    let sets = try ConformalSet(coverage: 0.9, probabilities: probabilities, labels: labels)
    #expect(sets.labels(0.1).yes && !sets.labels(0.1.nextDown).yes)
    // One negative cannot bound 90 %: "no" always belongs to the set.
    #expect(sets.no.least == nil && sets.labels(1) == (true, true))
    #expect(try JSONDecoder().decode(ConformalSet.self, from: JSONEncoder().encode(sets)) == sets)
    #expect(throws: NetworkError.insufficientData) {
      try ConformalSet(coverage: 0.9, probabilities: [0.1, 0.2], labels: [true, true])
    }
  }

  /// Groups that overlap and differ in how far the probabilities can be trusted: without offsets some are missed by far.
  @Test func conformalSetsCoverEachClassInOverlappingGroups() throws {
    var random = RandomSource(seed: 3)
    typealias Row = (probability: Double, label: Bool, groups: [String])
    func draw(_ count: Int) -> [Row] {
      (0..<count).map { _ in
        let (sex, age, unit) = (random.index(below: 2), random.index(below: 3), random.index(below: 4))
        let z = random.normal() * 1.5 - 1
        // The network is too sure in unit 3 and sees little in the eldest.
        let truth = Elementary.sigmoid((age == 2 ? 0.3 : 1) * z + (unit == 3 ? 1.5 : 0))
        let groups = ["sex:\(sex)", "age:\(age)"] + (random.uniform() < 0.9 ? ["unit:\(unit)"] : [])
        return (Elementary.sigmoid(z), random.uniform() < truth, groups)
      }
    }
    let (calibration, test) = (draw(12_000), draw(60_000))
    func sets(_ groups: [[String]]) throws -> ConformalSet {
      try ConformalSet(
        coverage: 0.9, probabilities: calibration.map(\.probability), labels: calibration.map(\.label), groups: groups)
    }
    func worstGap(_ set: ConformalSet) -> Double {
      var worst = 0.0
      for group in Set(calibration.flatMap(\.groups)) {
        for label in [true, false] {
          let rows = test.filter { $0.label == label && $0.groups.contains(group) }
          let covered = rows.count { row in
            let labels = set.labels(row.probability, groups: row.groups)
            return label ? labels.yes : labels.no
          }
          worst = max(worst, abs(Double(covered) / Double(rows.count) - 0.9))
        }
      }
      return worst
    }
    let grouped = try sets(calibration.map(\.groups))
    #expect(try worstGap(grouped) < 0.025 && worstGap(sets([])) > 0.05)
    #expect(grouped.yes.offsets.count == 9)
    // A group that calibration did not know moves nothing.
    #expect(grouped.labels(0.3, groups: ["unit:9"]) == grouped.labels(0.3))
  }

  /// Rows of a patient are alike: with 40 of each, what is left to chance is which patients there are, and a bound that
  /// took every row for a patient would be missed by new ones more often than it promises.
  @Test func conformalBoundsCountPatientsAndNotRows() throws {
    func draw(_ patients: Int, _ random: inout RandomSource) -> [(probability: Double, unit: Int)] {
      (0..<patients).flatMap { patient in
        let level = random.normal()
        return (0..<40).map { _ in (Elementary.sigmoid(level + 0.1 * random.normal()), patient) }
      }
    }
    func covered(byPatient: Bool) throws -> Double {
      var random = RandomSource(seed: 6)
      var share = 0.0
      for _ in 0..<1000 {
        let (calibration, test) = (draw(20, &random), draw(100, &random))
        let set = try ConformalSet(
          coverage: 0.9, probabilities: calibration.map(\.probability) + [0.5],
          labels: calibration.map { _ in true } + [false],
          units: byPatient ? calibration.map(\.unit) + [20] : Array(0...calibration.count))
        share += Double(test.count { set.labels($0.probability).yes }) / Double(test.count) / 1000
      }
      return share
    }
    // The promise is kept with a margin; counted by rows it is missed.
    #expect(try covered(byPatient: true) > 0.905)
    #expect(try covered(byPatient: false) < 0.9)
  }

  @Test func intervalsCountPatientsAndNotRows() throws {
    let rows = try #require(BinomialInterval(90, of: 100))
    let alone = try #require(BinomialInterval(clusters: (0..<100).map { ($0 < 90 ? 1 : 0, 1) }))
    #expect(abs(alone.low - rows.low) < 1e-12 && abs(alone.high - rows.high) < 1e-12)
    // Ten alike rows of each patient say what one says.
    let alike = try #require(BinomialInterval(clusters: (0..<100).map { ($0 < 90 ? 10 : 0, 10) }))
    #expect(abs(alike.low - rows.low) < 1e-12 && alike.share == 0.9)
    // Ten rows of each patient of which nine are covered are at least as many as they are.
    let even = try #require(BinomialInterval(clusters: (0..<100).map { _ in (9, 10) }))
    #expect(even.low > rows.low && BinomialInterval(clusters: []) == nil)
  }

  @Test func conformalGroupsOfAFewHaveNoOffset() throws {
    var random = RandomSource(seed: 4)
    let probabilities = (0..<400).map { _ in random.uniform() }
    let labels = probabilities.map { random.uniform() < $0 }
    let groups = (0..<400).map { $0 < 20 ? ["rare"] : ["common", "common"] }
    let set = try ConformalSet(coverage: 0.9, probabilities: probabilities, labels: labels, groups: groups)
    #expect(set.yes.offsets["rare"] == nil && set.yes.offsets["common"] != nil)
  }
}
