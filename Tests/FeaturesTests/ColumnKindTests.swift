// SPDX-License-Identifier: Apache-2.0
import Features
import Testing

@Suite struct ColumnKindTests {
  static let expected: [(profile: String, column: String, kind: ColumnKind)] = [
    ("icu-diagnosis", "heart-rate.last", .level), ("icu-diagnosis", "heart-rate.mean.6-0", .level),
    ("icu-diagnosis", "heart-rate.minimum.6-0", .value), ("icu-diagnosis", "heart-rate.deviation", .value),
    ("icu-diagnosis", "lactate.change", .value), ("icu-diagnosis", "lactate.hours-since-last", .habit),
    ("icu-diagnosis", "lactate.log-count", .habit), ("icu-diagnosis", "laboratory.log-count.24-0", .habit),
    ("icu-diagnosis", "hour", .habit), ("icu-diagnosis", "age", .value), ("icu-diagnosis", "sirs", .value),
    ("icu-prognosis", "unit-type.is-3", .category), ("icu-prognosis", "body-mass-index", .value),
    // How long somebody was ventilated is a finding; how often it was charted is not.
    ("icu-prognosis", "mechanical-ventilation.any", .value),
    ("icu-prognosis", "lactate.mean", .level), ("icu-prognosis", "lactate.mean.48-46", .step),
    ("icu-prognosis", "mechanical-ventilation.mean.2-0", .step),
  ]

  @Test(arguments: expected)
  func saysWhatAColumnTellsOf(_ profile: String, _ column: String, _ kind: ColumnKind) throws {
    let profile = try Profiles.shipped(profile)
    let index = try #require(profile.columns.firstIndex { $0.id == column })
    #expect(profile.columnKinds.count == profile.columns.count)
    #expect(profile.columnKinds[index] == kind)
  }

  static let groups: [(age: Double?, sex: Double?, unit: Double?, names: [String])] = [
    (49, 0, 1, ["sex:female", "age:under-50", "unit:coronary"]),
    (50, 1, 2, ["sex:male", "age:50-64", "unit:cardiac-surgery"]),
    (64.9, nil, 3, ["age:50-64", "unit:medical"]), (65, nil, 4, ["age:65-79", "unit:surgical"]),
    (80, nil, 5, ["age:80-up"]), (nil, 0.5, nil, []),
  ]

  @Test(arguments: groups)
  func subgroupsFollowAgeSexAndUnit(_ age: Double?, _ sex: Double?, _ unit: Double?, _ names: [String]) throws {
    #expect(FeatureProfile.subgroups(age: age, sex: sex, unitType: unit, hour: nil) == names)
    let profile = try Profiles.shipped("icu-diagnosis")
    var timeline = Timeline(profile)
    for (id, value) in [("age", age), ("sex", sex), ("unit-type", unit)] {
      let index = try #require(profile.statics.firstIndex { $0.id == id })
      timeline.statics[index] = value ?? .nan
    }
    #expect(profile.subgroups(of: timeline, atHour: 8.9) == names.map { "\($0) hour:under-9" } + ["hour:under-9"])
  }

  @Test(arguments: [
    (9.0, "hour:9-17"), (17.99, "hour:9-17"), (18, "hour:18-35"), (36, "hour:36-up"), (300, "hour:36-up"),
  ])
  func hoursAreGroups(_ hour: Double, _ name: String) {
    #expect(FeatureProfile.subgroups(age: nil, sex: nil, unitType: nil, hour: hour) == [name])
  }
}
