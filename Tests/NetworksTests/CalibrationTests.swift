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
    #expect(fit.slope.isFinite && fit.slope > 0 && fit.slope < 20 && abs(fit.intercept) < 1e-6)
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

  @Test func plattGivesNoFloorWithoutEvidence() throws {
    var random = RandomSource(seed: 4)
    let truth = PlattScaling(slope: 1, intercept: -1)
    let logits = (0..<500).map { _ in random.normal() * 2 }
    let labels = logits.map { random.uniform() < truth.probability($0) }
    #expect(try PlattScaling(fitting: logits, labels: labels).floor == 0)
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

  @Test func conformalGroupsOfAFewHaveNoOffset() throws {
    var random = RandomSource(seed: 4)
    let probabilities = (0..<400).map { _ in random.uniform() }
    let labels = probabilities.map { random.uniform() < $0 }
    let groups = (0..<400).map { $0 < 20 ? ["rare"] : ["common", "common"] }
    let set = try ConformalSet(coverage: 0.9, probabilities: probabilities, labels: labels, groups: groups)
    #expect(set.yes.offsets["rare"] == nil && set.yes.offsets["common"] != nil)
  }
}
