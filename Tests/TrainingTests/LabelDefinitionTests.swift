// SPDX-License-Identifier: Apache-2.0
import Features
import Testing
import Training

@Suite struct LabelDefinitionTests {
  private func labels(
    _ definition: LabelDefinition, _ outcome: StayOutcome, hours: [Double], binEnds: [Double]? = nil
  ) throws -> LabelDefinition.Labels {
    let profile = try shippedProfile("icu-prognosis")
    let stay = Stay(id: "1", site: "here", timeline: Timeline(profile), outcome: outcome)
    let ends = binEnds.map { ", \"binEnds\": \($0)" } ?? ""
    let head: HeadDefinition = try decoded(
      """
      {"name": "head", "kind": "\(binEnds == nil ? "sigmoid" : "hazard")", "label": "\(definition.name)", "initialBias": 0\(ends)}
      """)
    return definition.labels(.init(stay: stay, hours: hours, head: head, profile: profile))
  }

  private func hospital(_ died: Bool, _ days: Double?, valid: Bool = true) -> StayOutcome {
    StayOutcome(hours: [], hospital: HospitalOutcome(died: died, survivalDays: days, isSurvivalValid: valid))
  }

  @Test func namesDifferAndSummariesAreSentences() {
    #expect(Set(LabelDefinition.all.map(\.name)).count == LabelDefinition.all.count)
    #expect(LabelDefinition.all.allSatisfy { $0.summary.hasSuffix(".") && $0.summary.count < 250 })
    #expect(LabelDefinition.named("hospital-death") != nil && LabelDefinition.named("doom") == nil)
  }

  @Test func deathIsTheSameAtEveryHour() throws {
    #expect(
      try labels(.hospitalDeath, hospital(true, 9), hours: [4, 48]) == .init(values: [1, 1], weights: [1, 1]))
    #expect(try labels(.hospitalDeath, hospital(false, 9), hours: [4]) == .init(values: [0], weights: [1]))
    #expect(try labels(.hospitalDeath, StayOutcome(hours: []), hours: [4]) == .init(values: [0], weights: [0]))
  }

  @Test func survivalEndsInTheIntervalOfDeath() throws {
    let ends: [Double] = [3, 7, 30]
    #expect(
      try labels(.survival, hospital(true, 5), hours: [8, 9], binEnds: ends)
        == .init(values: [0, 1, 0, 0, 1, 0], weights: [1, 1, 0, 1, 1, 0]))
    #expect(
      try labels(.survival, hospital(false, nil), hours: [8], binEnds: ends)
        == .init(values: [0, 0, 0], weights: [1, 1, 1]))
    #expect(
      try labels(.survival, hospital(false, nil, valid: false), hours: [8], binEnds: ends)
        == .init(values: [0, 0, 0], weights: [0, 0, 0]))
  }

  @Test func sepsisIsLabelledAtTheHoursOnRecord() throws {
    let outcome = StayOutcome(hours: [3, 4, 6], sepsis: [false, false, true])
    // 5 is not on record; the order of the rows is that of the question.
    #expect(
      try labels(.sepsis, outcome, hours: [6, 3, 5, 4]) == .init(values: [1, 0, 0, 0], weights: [1, 1, 0, 1]))
    #expect(try labels(.sepsis, hospital(true, 1), hours: [6]) == .init(values: [0], weights: [0]))
  }

  /// Creatinine doubles at hour 20 of a stay on record for 40 hours; the model answers from hour 4 on.
  @Test func onsetIsLabelledByTheCriterion() throws {
    let profile = try shippedProfile("icu-diagnosis")
    let creatinine = try #require(profile.signals.firstIndex { $0.id == "creatinine" })
    var timeline = Timeline(profile)
    timeline.samples[creatinine] = [
      Sample(hours: 1, value: 1), Sample(hours: 10, value: 1), Sample(hours: 20, value: 2),
    ]
    let stay = Stay(
      id: "1", site: "here", timeline: timeline, outcome: StayOutcome(hours: (1...40).map { Double($0) }))
    let head: HeadDefinition = try decoded(
      #"{"name": "aki", "kind": "sigmoid", "label": "onset-aki", "initialBias": 0, "horizonHours": 12}"#)
    let found = try #require(LabelDefinition.named("onset-aki")).labels(
      .init(stay: stay, hours: [2, 4, 7, 8, 19, 20, 29], head: head, profile: profile))
    #expect(found.values == [0, 0, 0, 1, 1, 0, 0])
    #expect(found.weights == [0, 1, 1, 1, 1, 0, 0])
  }

  @Test func headsLearnFromTheDataSetsThatCarryTheirLabel() throws {
    let profile = try shippedProfile("icu-diagnosis")
    var configuration = try Synthetic.configuration("icu-diagnosis")
    let heartRate = try #require(profile.signals.firstIndex { $0.id == "heart-rate" })
    var timeline = Timeline(profile)
    timeline.samples[heartRate] = (1...40).map { Sample(hours: Double($0), value: 80) }
    let stay = Stay(
      id: "1", site: "here", timeline: timeline, outcome: StayOutcome(hours: (1...40).map { Double($0) }))
    let head = try #require(configuration.head("respiratory-failure"))
    for dataSet in configuration.dataSets {
      configuration.dataSets = [dataSet]
      let rows = StayTable.rows(of: stay, dataSet: dataSet, configuration: configuration, profile: profile)
      // Off the ventilator nobody is in respiratory failure; of a data set without ventilators that says nothing.
      #expect(rows.labels[head].weights.contains(1) == (dataSet.reader == "physionet2012"))
    }
  }

  @Test func alarmPaysAsTheUtilitySays() throws {
    let course = (0..<20).map { $0 >= 12 }
    let outcome = StayOutcome(hours: (1...20).map { Double($0) }, sepsis: course)
    let found = try labels(.sepsisAlarmPays, outcome, hours: outcome.hours)
    let utility = SepsisUtility.hours(course)
    for hour in course.indices {
      let gain = utility.alarm[hour] - utility.silence[hour]
      #expect(found.values[hour] == (gain > 0 ? 1 : 0))
      #expect(found.weights[hour] == Float(abs(gain)))
    }
    #expect(found.values.contains(1) && found.values.contains(0))
  }
}
