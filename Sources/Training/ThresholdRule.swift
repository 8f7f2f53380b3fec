// SPDX-License-Identifier: Apache-2.0
import Networks

/// How the threshold of the alarm is chosen, on probabilities that no network gave for its own training rows.
package enum ThresholdRule: Sendable, Equatable {
  /// Where min(sensitivity, precision) peaks (Challenge 2012); the highest of several.
  case score1
  /// Where the utility of Challenge 2019 peaks.
  case utility
  /// The highest that finds at least this share of the positive rows.
  case sensitivity(Double)

  /// The threshold over rows of stays; each stay's rows are given by their range, hour after hour.
  package func threshold(_ probabilities: [Double], _ labels: [Bool], stays: [Range<Int>]) -> Double {
    switch self {
    case .score1:
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

/// In JSON `"score1"`, `"utility"` or `{"sensitivity": 0.8}`.
extension ThresholdRule: Codable {
  private enum CodingKeys: String, CodingKey {
    case sensitivity
  }

  package init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      switch name {
      case "score1": self = .score1
      case "utility": self = .utility
      default:
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "is not score1, utility or a sensitivity"))
      }
      return
    }
    self = .sensitivity(try decoder.container(keyedBy: CodingKeys.self).decode(Double.self, forKey: .sensitivity))
  }

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .score1, .utility:
      var container = encoder.singleValueContainer()
      try container.encode(self == .score1 ? "score1" : "utility")
    case .sensitivity(let share):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(share, forKey: .sensitivity)
    }
  }
}
