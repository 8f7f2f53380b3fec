// SPDX-License-Identifier: Apache-2.0
import Networks

/// How the threshold of the alarm is chosen, on probabilities that no network gave for its own training rows.
package enum ThresholdRule: Sendable, Equatable {
  /// Where min(sensitivity, precision) peaks (Challenge 2012); the highest of several. With limits: where it peaks among
  /// the alarms that keep them.
  case score1(AlarmLimits?)
  /// Where the utility of Challenge 2019 peaks.
  case utility
  /// The highest that finds at least this share of the positive rows.
  case sensitivity(Double)

  /// The threshold over rows of stays; each stay's rows are given by their range, hour after hour, and stand for so many
  /// patient-days in all. nil when no alarm keeps the limits.
  package func threshold(
    _ probabilities: [Double], _ labels: [Bool], stays: [Range<Int>], days: Double
  ) -> Double? {
    switch self {
    case .score1(let limits?):
      return limits.threshold(probabilities, labels, stays: stays, days: days)
    case .score1(nil):
      let rows = stays.flatMap { Array($0) }
      let evaluation = BinaryEvaluation(scores: rows.map { probabilities[$0] }, labels: rows.map { labels[$0] })
      return evaluation.bestScore1?.threshold ?? 0.5
    case .utility:
      return Self.mostUseful(probabilities, labels, stays: stays)
    case .sensitivity(let share):
      let positives = stays.joined().filter { labels[$0] }.map { probabilities[$0] }.sorted(by: >)
      guard !positives.isEmpty else { return 0.5 }
      let needed = Int((share * Double(positives.count) - 1e-9).rounded(.up))
      return positives[min(max(needed, 1), positives.count) - 1]
    }
  }

  private static func mostUseful(_ probabilities: [Double], _ labels: [Bool], stays: [Range<Int>]) -> Double {
    // Sorted from the highest probability down, the utility of alarming the first n hours is a running sum.
    var gains: [(probability: Double, gain: Double)] = []
    for stay in stays {
      let utility = SepsisUtility.hours(Array(labels[stay]))
      for (hour, row) in stay.enumerated() {
        gains.append((probabilities[row], utility.alarm[hour] - utility.silence[hour]))
      }
    }
    gains.sort { $0.probability > $1.probability }
    var (sum, best, threshold) = (0.0, 0.0, 1.0)
    for (index, entry) in gains.enumerated() {
      sum += entry.gain
      let isLast = index + 1 == gains.count || gains[index + 1].probability < entry.probability
      if isLast, sum > best { (best, threshold) = (sum, entry.probability) }
    }
    return threshold
  }
}

/// In JSON `"score1"`, `"utility"`, `{"sensitivity": 0.8}` or `{"score1": {"leastPrecision": 0.1, ...}}`.
extension ThresholdRule: Codable {
  private enum CodingKeys: String, CodingKey {
    case sensitivity, score1
  }

  package init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      switch name {
      case "score1": self = .score1(nil)
      case "utility": self = .utility
      default:
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "is not score1, utility or a sensitivity"))
      }
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if container.contains(.score1) {
      self = .score1(try container.decode(AlarmLimits.self, forKey: .score1))
    } else {
      self = .sensitivity(try container.decode(Double.self, forKey: .sensitivity))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .score1(let limits?):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(limits, forKey: .score1)
    case .score1(nil), .utility:
      var container = encoder.singleValueContainer()
      try container.encode(self == .utility ? "utility" : "score1")
    case .sensitivity(let share):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(share, forKey: .sensitivity)
    }
  }
}
