// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation

/// The profiles that tests use.
enum Profiles {
  /// A profile of the repository.
  static func shipped(_ id: String) throws -> FeatureProfile {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try decode(Data(contentsOf: root.appendingPathComponent("Profiles/features/\(id).json")))
  }

  static func decode(_ data: Data) throws -> FeatureProfile {
    try JSONDecoder().decode(FeatureProfile.self, from: data)
  }

  /// Every statistic, over the whole stay and three windows, of a plain and a logarithmic signal and of three derived
  /// series.
  static func everything(gridHours: Double? = nil) throws -> FeatureProfile {
    try decode(Data(text(gridHours: gridHours).utf8))
  }

  /// Its JSON.
  static func text(gridHours: Double? = nil) -> String {
    let statistics = Statistic.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
    let grid = gridHours.map { "\"gridHours\": \($0)," } ?? ""
    return """
      {
        "id": "test", "version": "1.0.0", "title": "Test", \(grid)
        "eligibility": {"minimumAgeYears": 18, "fromHour": 0, "toHour": 48},
        "signals": [
          {"id": "a", "title": "A", "valueSets": ["a"], "unit": "1", "range": [0, 100], "category": "vital", "staleAfterHours": 4},
          {"id": "b", "title": "B", "valueSets": ["b"], "unit": "1", "range": [0.1, 100], "category": "lab", "staleAfterHours": 4, "transform": "log"}
        ],
        "derived": [
          {"id": "either", "title": "Either", "unit": "1", "method": "coalesce", "from": ["a", "b"]},
          {"id": "ratio", "title": "Ratio", "unit": "1", "method": "ratio", "from": ["a", "b"], "maximumAgeHours": 2},
          {"id": "difference", "title": "Difference", "unit": "1", "method": "difference", "from": ["a", "b"]}
        ],
        "statics": [{"id": "age", "title": "Age", "unit": "a", "range": [0, 120]}],
        "features": [
          {"of": ["a", "b", "either", "ratio", "difference"], "statistics": [\(statistics)]},
          {"of": ["a", "b"], "statistics": [\(statistics)], "windows": [[6, 0], [24, 12], [48, 24]]},
          {"of": ["a", "b"], "statistics": ["count", "log-count"], "windows": [[12, 0]], "pooledAs": "all"},
          {"of": ["age", "hour"]},
          {"of": ["age"], "equals": [40, 50]}
        ],
        "products": [
          {"id": "product", "title": "Product", "of": [{"of": "age", "scale": 0.1, "power": 2}, {"of": "b", "statistic": "last", "scale": -1, "offset": 15}]}
        ],
        "scores": [
          {"id": "score", "title": "Score", "criteria": [[{"of": "a", "above": 50, "points": 1}, {"of": "b", "below": 10, "points": 2}], [{"of": "a", "atLeast": 90, "points": 4}]]}
        ]
      }
      """
  }
}

/// A small reproducible source of numbers for tests.
struct TestRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// A stay with samples at whole minutes, some at one instant and some on whole hours.
  mutating func timeline(_ profile: FeatureProfile, hours: Double = 60) -> Timeline {
    var timeline = Timeline(profile)
    for index in timeline.statics.indices where Bool.random(using: &self) {
      timeline.statics[index] = Double(Int.random(in: 20...90, using: &self))
    }
    for (index, signal) in profile.signals.enumerated() {
      let count = Int.random(in: 0...25, using: &self)
      for _ in 0..<count {
        var at = Double(Int.random(in: -120...Int(hours * 60), using: &self)) / 60
        if Int.random(in: 0..<3, using: &self) == 0 { at = at.rounded() }
        let value = Double.random(in: signal.range, using: &self)
        let source = Int32(timeline.samples.reduce(0) { $0 + $1.count })
        timeline.samples[index].append(Sample(hours: at, value: value, source: source))
      }
    }
    timeline.sort()
    return timeline
  }
}
