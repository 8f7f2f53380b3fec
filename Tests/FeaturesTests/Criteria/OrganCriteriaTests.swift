// SPDX-License-Identifier: Apache-2.0
import Features
import Testing

/// The other criteria at their boundaries.
@Suite struct OrganCriteriaTests {
  private typealias Values = [String: [(Double, Double)]]

  private func met(_ criterion: Criterion, _ values: Values) throws -> [Double] {
    try CriteriaProfile.hours(criterion, values).met
  }

  private func unmet(_ criterion: Criterion, _ values: Values) throws -> [Double] {
    try CriteriaProfile.hours(criterion, values).unmet
  }

  @Test(arguments: [
    (64.9, 2.1, true), (65.0, 2.1, false), (64.9, 2.0, false), (64.9, 2.01, true), (90.0, 9.0, false),
  ]) func shockIsLowPressureAndHighLactate(_ pressure: Double, _ lactate: Double, _ isMet: Bool) throws {
    let values: Values = ["map": [(5, pressure)], "lactate": [(4, lactate)]]
    #expect(try met(.circulatoryFailure, values) == (isMet ? [5] : []))
    #expect(try unmet(.circulatoryFailure, values) == (isMet ? [] : [5]))
  }

  @Test func lowPressureWithoutLactateSaysNothing() throws {
    #expect(try CriteriaProfile.course(.circulatoryFailure, ["map": [(5, 50)]]).judgements.isEmpty)
    #expect(try unmet(.circulatoryFailure, ["map": [(5, 65)]]) == [5])
    #expect(try CriteriaProfile.course(.circulatoryFailure, ["lactate": [(5, 9)]]).judgements.isEmpty)
  }

  @Test func lactateServesTwelveHoursAndPressureTwo() throws {
    #expect(try met(.circulatoryFailure, ["map": [(16, 50)], "lactate": [(4, 3)]]) == [16])
    #expect(try met(.circulatoryFailure, ["map": [(16.1, 50)], "lactate": [(4, 3)]]) == [])
    #expect(try met(.circulatoryFailure, ["map": [(4, 50)], "lactate": [(6, 3)]]) == [6])
    #expect(try met(.circulatoryFailure, ["map": [(4, 50)], "lactate": [(6.1, 3)]]) == [])
  }

  @Test func pressureCountsWhereverItWasMeasured() throws {
    let lactate = [(1.0, 3.0)]
    #expect(
      try met(.circulatoryFailure, ["map-invasive": [(2, 50)], "map-cuff": [(3, 80)], "lactate": lactate]) == [2])
    #expect(
      try unmet(.circulatoryFailure, ["map-invasive": [(2, 50)], "map-cuff": [(3, 80)], "lactate": lactate]) == [3])
  }

  @Test(arguments: [(79.9, 0.4, true), (80, 0.4, false), (199, 1, true), (200, 1, false), (50, 0.21, false)])
  func respiratoryFailureIsALowRatioOnTheVentilator(_ pao2: Double, _ fio2: Double, _ isMet: Bool) throws {
    let values: Values = ["pao2": [(5, pao2)], "fio2": [(4, fio2)], "mechanical-ventilation": [(3, 1)]]
    #expect(try met(.respiratoryFailure, values) == (isMet ? [5] : []))
    #expect(try unmet(.respiratoryFailure, values) == (isMet ? [] : [5]))
  }

  @Test func offTheVentilatorThereIsNoRespiratoryFailure() throws {
    let low: Values = ["pao2": [(12, 60)], "fio2": [(11, 1)], "heart-rate": [(12, 80)]]
    #expect(try met(.respiratoryFailure, low) == [])
    #expect(try unmet(.respiratoryFailure, low) == [12])
    let off: Values = low.merging(["mechanical-ventilation": [(10, 1), (11, 0)]]) { $1 }
    #expect(try met(.respiratoryFailure, off) == [])
    let longAgo: Values = low.merging(["mechanical-ventilation": [(5.9, 1)]]) { $1 }
    #expect(try met(.respiratoryFailure, longAgo) == [])
    #expect(try unmet(.respiratoryFailure, longAgo) == [12])
    let current: Values = low.merging(["mechanical-ventilation": [(6, 1)]]) { $1 }
    #expect(try met(.respiratoryFailure, current) == [12])
    #expect(try unmet(.respiratoryFailure, current) == [])
  }

  @Test func onTheVentilatorOnlyABloodGasJudges() throws {
    let values: Values = [
      "mechanical-ventilation": [(1, 1)], "heart-rate": [(2, 80)], "pao2": [(3, 60), (9.1, 60)], "fio2": [(2.5, 0.5)],
    ]
    let course = try CriteriaProfile.course(.respiratoryFailure, values)
    #expect(course.judgements == [Judgement(hours: 3, isMet: true, signal: "pao2")])
  }

  private static let thresholds: [(Criterion, String, Double, Double)] = [
    (.hepaticDysfunction, "bilirubin-total", 2, 1.99), (.coagulationDysfunction, "platelets", 99.9, 100),
    (.hyperkalaemia, "potassium", 5.5, 5.49), (.severeHypoglycaemia, "glucose", 40, 40.1),
    // 2.2 mmol/L, as a chart in SI units says it.
    (.severeHypoglycaemia, "glucose", 2.2 * 18.0156, 41),
  ]

  @Test(arguments: thresholds) func oneValueDecides(
    _ criterion: Criterion, _ signal: String, _ met: Double, _ unmet: Double
  ) throws {
    let course = try CriteriaProfile.course(criterion, [signal: [(1, unmet), (2, met), (3, unmet)]])
    #expect(course.judgements.map(\.isMet) == [false, true, false])
    #expect(course.judgements.map(\.signal) == [signal, signal, signal])
  }

  @Test func scoresOfTheSequentialOrganFailureAssessment() {
    let ratios = [400, 399.9, 300, 299.9, 200, 199.9, 100, 99.9]
    #expect(ratios.map { SOFA.respiratory(ratio: $0, isSupported: true) } == [0, 1, 1, 2, 2, 3, 3, 4])
    #expect(ratios.map { SOFA.respiratory(ratio: $0, isSupported: false) } == [0, 1, 1, 2, 2, 2, 2, 2])
    let bilirubin = [1.19, 1.2, 1.9, 2, 5.9, 6, 11.9, 12]
    #expect(bilirubin.map { SOFA.liver(bilirubin: $0) } == [0, 1, 1, 2, 2, 3, 3, 4])
    let platelets = [150, 149, 100, 99, 50, 49, 20, 19.0]
    #expect(platelets.map { SOFA.coagulation(platelets: $0) } == [0, 1, 1, 2, 2, 3, 3, 4])
  }

  /// What is judged at an hour comes from values up to that hour: the rest of the stay may be anything.
  @Test(arguments: Criterion.allCases) func judgementsDoNotLookAhead(_ criterion: Criterion) throws {
    let profile = try CriteriaProfile.profile.get()
    var random = TestRandom(seed: 7)
    var judged = 0
    for _ in 0..<60 {
      var timeline = Timeline(profile)
      for (index, signal) in profile.signals.enumerated() {
        // Values about each threshold, so that both verdicts occur.
        let range = Self.around[signal.id] ?? 0...1
        for _ in 0..<Int.random(in: 0...30, using: &random) {
          let at = Double(Int.random(in: 0...240, using: &random)) / 4
          timeline.samples[index].append(Sample(hours: at, value: Double.random(in: range, using: &random)))
        }
      }
      timeline.sort()
      let whole = criterion.course(of: timeline, profile: profile).judgements
      judged += whole.count { $0.isMet }
      let hour = Double(Int.random(in: 0...60, using: &random))
      var prefix = timeline
      for index in prefix.samples.indices { prefix.samples[index].removeAll { $0.hours > hour } }
      let cut = criterion.course(of: prefix, profile: profile).judgements
      #expect(cut == Array(whole.prefix { $0.hours <= hour }))
      #expect(zip(whole, whole.dropFirst()).allSatisfy { $0.hours <= $1.hours })
    }
    #expect(judged > 0)
  }

  private static let around: [String: ClosedRange<Double>] = [
    "creatinine": 0.8...1.6, "urine-output": 0...60, "body-weight": 60...80, "map": 50...90, "map-invasive": 50...90,
    "map-cuff": 50...90, "lactate": 1...3, "pao2": 60...200, "fio2": 0.3...1, "mechanical-ventilation": 1...1,
    "heart-rate": 60...120, "bilirubin-total": 1...3, "platelets": 50...200, "potassium": 4...6, "glucose": 30...90,
  ]
}
