// SPDX-License-Identifier: Apache-2.0

extension FeatureProfile {
  /// The groups that a stay at an hour belongs to: of sex, age band and kind of unit, as far as they are known; at an hour
  /// crossed with its band, which is a group by itself.
  ///
  /// Coverage of conformal sets is fitted within them and performance reported by them, so their names are part of model
  /// packages: `sex:female`, `age:65-79`, `unit:medical`, and at an hour `unit:medical hour:9-17` and `hour:9-17`.
  package func subgroups(of timeline: Timeline, atHour hour: Double?) -> [String] {
    func known(_ id: String) -> Double? {
      guard let index = statics.firstIndex(where: { $0.id == id }), index < timeline.statics.count else { return nil }
      return timeline.statics[index].isFinite ? timeline.statics[index] : nil
    }
    return Self.subgroups(age: known("age"), sex: known("sex"), unitType: known("unit-type"), hour: hour)
  }

  /// What the number of a static stands for, where it stands for something; nil where it is a quantity.
  package static func words(of id: String, _ value: Double) -> String? {
    let words: [String: [Double: String]] = [
      "sex": [0: "female", 1: "male"],
      "unit-type": [
        1: "coronary care", 2: "cardiac surgery recovery", 3: "medical intensive care", 4: "surgical intensive care",
      ],
    ]
    return words[id]?[value]
  }

  /// The groups by the numbers of the profile's statics `age`, `sex` and `unit-type`; nil is unknown.
  package static func subgroups(age: Double?, sex: Double?, unitType: Double?, hour: Double?) -> [String] {
    var names: [String] = []
    switch sex {
    case 0: names.append("sex:female")
    case 1: names.append("sex:male")
    default: break
    }
    if let age {
      names.append(age < 50 ? "age:under-50" : age < 65 ? "age:50-64" : age < 80 ? "age:65-79" : "age:80-up")
    }
    switch unitType {
    case 1: names.append("unit:coronary")
    case 2: names.append("unit:cardiac-surgery")
    case 3: names.append("unit:medical")
    case 4: names.append("unit:surgical")
    default: break
    }
    guard let hour else { return names }
    // Around the hours at which performance is reported: 6, 12, 24 and 48. Crossed with the other groups, so that coverage
    // holds within each of them at each of these hours.
    let band = hour < 9 ? "hour:under-9" : hour < 18 ? "hour:9-17" : hour < 36 ? "hour:18-35" : "hour:36-up"
    return names.map { "\($0) \(band)" } + [band]
  }
}
