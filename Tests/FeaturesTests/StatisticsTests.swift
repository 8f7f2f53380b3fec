// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Testing

/// Statistics against definitions written out as plainly as can be.
@Suite struct StatisticsTests {
  /// What a statistic is, of (hour, transformed value, measured value) in a window; nil when missing.
  private func reference(
    _ statistic: Statistic, _ samples: [(hours: Double, value: Double, measured: Double)], at hour: Double
  ) -> Double? {
    let values = samples.map(\.value)
    let hours = samples.map(\.hours)
    let count = Double(samples.count)
    let mean = samples.isEmpty ? nil : values.reduce(0, +) / count
    switch statistic {
    case .last: return values.last
    case .first: return values.first
    case .minimum: return values.min()
    case .maximum: return values.max()
    case .mean: return mean
    case .standardDeviation:
      guard samples.count > 1 else { return nil }
      let squares = values.map { $0 * $0 }.reduce(0, +)
      return max(0, (squares - values.reduce(0, +) * values.reduce(0, +) / count) / (count - 1)).squareRoot()
    case .slope:
      guard Set(hours).count > 1 else { return nil }
      let (x, y) = (hours.reduce(0, +), values.reduce(0, +))
      let xy = zip(hours, values).map { $0 * $1 }.reduce(0, +)
      let xx = hours.map { $0 * $0 }.reduce(0, +)
      return (count * xy - x * y) / (count * xx - x * x) * 24
    case .count: return count
    case .logCount: return log(1 + count)
    case .hoursSinceLast: return hours.last.map { hour - $0 }
    case .sum: return samples.map(\.measured).reduce(0, +)
    case .logSum: return log(1 + samples.map(\.measured).reduce(0, +))
    case .change: return samples.count > 1 ? values[values.count - 1] - values[values.count - 2] : nil
    case .deviation: return mean.map { (values.last ?? 0) - $0 }
    case .any: return samples.isEmpty ? 0 : 1
    case .firstHour: return hours.first
    case .lastHour: return hours.last
    case .span: return hours.last.map { $0 - (hours.first ?? 0) }
    case .chartedHours: return Double(Set(hours.map { $0.rounded(.down) }).count)
    }
  }

  @Test(arguments: 0..<60) func bruteForce(seed: UInt64) throws {
    let profile = try Profiles.everything()
    var random = TestRandom(seed: seed + 1)
    let timeline = random.timeline(profile)
    let hour = Double(Int.random(in: 0...60 * 60, using: &random)) / 60
    let vector = profile.vector(timeline, atHour: hour)
    let values = Dictionary(uniqueKeysWithValues: zip(profile.columns.map(\.id), vector.values))
    for (index, signal) in profile.signals.enumerated() {
      for (from, to, suffix) in [(1e9, 0.0, ""), (6, 0, ".6-0"), (24, 12, ".24-12"), (48, 24, ".48-24")] {
        let inside = timeline.samples[index].filter { sample in
          sample.hours >= 0 && sample.hours <= hour - to && (sample.hours > hour - from || hour <= from)
        }
        let samples = inside.map {
          (hours: $0.hours, value: signal.transform == .log ? log($0.value) : $0.value, measured: $0.value)
        }
        for statistic in Statistic.allCases {
          let found = Double(try #require(values["\(signal.id).\(statistic.rawValue)\(suffix)"]))
          if let expected = reference(statistic, samples, at: hour) {
            #expect(
              abs(found - expected) <= 2e-5 * max(1, abs(expected)),
              "\(signal.id).\(statistic.rawValue)\(suffix): \(found), expected \(expected)")
          } else {
            #expect(found.isNaN, "\(signal.id).\(statistic.rawValue)\(suffix)")
          }
        }
      }
    }
  }

  @Test func derivedSeriesByHand() throws {
    let profile = try Profiles.everything()
    var timeline = Timeline(profile)
    timeline.statics[0] = 50
    timeline.samples[0] = [
      Sample(hours: 1, value: 40), Sample(hours: 5, value: 60), Sample(hours: 9, value: 95),
    ]
    timeline.samples[1] = [Sample(hours: 1, value: 20), Sample(hours: 4, value: 8)]
    let vector = profile.vector(timeline, atHour: 10)
    let values = Dictionary(uniqueKeysWithValues: zip(profile.columns.map(\.id), vector.values))
    // At hour 1 both have a value and the first source's stands.
    #expect(values["either.count"] == 4)
    #expect(values["either.sum"] == 203)
    // 40 / 20 at hour 1, 60 / 8 at hour 5; at hour 9 the denominator is 5 h old, more than 2.
    #expect(values["ratio.count"] == 2)
    #expect(values["ratio.last"] == 7.5)
    #expect(values["difference.last"] == 87)
    #expect(values["all.count.12-0"] == 5)
    #expect(values["age"] == 50)
    #expect(values["hour"] == 10)
    #expect(values["age.is-40"] == 0)
    #expect(values["age.is-50"] == 1)
    // (0.1 * 50)^2 times 15 - 8.
    #expect(values["product"] == 175)
    // First criterion: the greater of 1 (a above 50) and 2 (b below 10); second: a at least 90.
    #expect(values["score"] == 6)
  }

  @Test func emptyStay() throws {
    let profile = try Profiles.everything()
    let vector = profile.vector(Timeline(profile), atHour: 48)
    for (column, value) in zip(profile.columns, vector.values) {
      let isCount = ["count", "log-count", "sum", "log-sum", "any", "charted-hours"].contains { name in
        column.id.split(separator: ".").dropFirst().first.map(String.init) == name
      }
      if isCount || column.id == "score" {
        #expect(value == 0, "\(column.id)")
      } else if column.id == "hour" {
        #expect(value == 48)
      } else {
        #expect(value.isNaN, "\(column.id)")
      }
    }
  }

  @Test func gridKeepsTheLastOfEachHour() throws {
    let profile = try Profiles.everything(gridHours: 1)
    var timeline = Timeline(profile)
    timeline.samples[0] = [
      Sample(hours: 0.2, value: 1), Sample(hours: 0.9, value: 2), Sample(hours: 1, value: 3),
      Sample(hours: 1.1, value: 4), Sample(hours: 2.5, value: 5),
    ]
    let values = { (hour: Double) in
      Dictionary(uniqueKeysWithValues: zip(profile.columns.map(\.id), profile.vector(timeline, atHour: hour).values))
    }
    // The hours (0, 1], (1, 2], (2, 3] hold 3, 4, 5.
    #expect(values(3)["a.count"] == 3)
    #expect(values(3)["a.sum"] == 12)
    #expect(values(1)["a.sum"] == 3)
    // Seen from 2.5 the hours are (-0.5, 0.5], (0.5, 1.5], (1.5, 2.5].
    #expect(values(2.5)["a.sum"] == 10)
  }
}
