// SPDX-License-Identifier: Apache-2.0
package import Networks

extension Scores {
  /// 95 % intervals of scores, by the names of their members: whole stays are drawn with replacement, 1,000 times
  /// (Efron 1979). Alarms are taken as they are.
  package static func intervals(
    probabilities: [Double], labels: [Bool], alarms: [Bool], stays: [Range<Int>], isHourly: Bool, seed: UInt64
  ) -> [String: BootstrapInterval] {
    let sample = ResampledRows(probabilities: probabilities, labels: labels, alarms: alarms, stays: stays)
    var statistics: [String: ([Int]) -> Double?] = [
      "auroc": sample.auroc, "auprc": sample.averagePrecision, "brier": sample.brier,
      "sensitivity": { sample.alarmRates($0).sensitivity }, "precision": { sample.alarmRates($0).precision },
    ]
    if !isHourly {
      statistics["score1"] = { times in
        let rates = sample.alarmRates(times)
        return min(rates.sensitivity ?? 0, rates.precision ?? 0)
      }
      statistics["score2"] = sample.lemeshowH
    }
    return statistics.compactMapValues { statistic in
      try? BootstrapInterval(count: stays.count, seed: seed) { statistic(sample.times($0)) }
    }
  }
}

/// Rows that count as often as their stay was drawn. They are sorted once, so that each sample costs a pass over them.
struct ResampledRows {
  private let probabilities: [Double]
  private let labels: [Bool]
  private let alarms: [Bool]
  private let stays: [Range<Int>]
  /// Rows by ascending probability.
  private let ascending: [Int]

  init(probabilities: [Double], labels: [Bool], alarms: [Bool], stays: [Range<Int>]) {
    self.probabilities = probabilities
    self.labels = labels
    self.alarms = alarms
    self.stays = stays
    ascending = probabilities.indices.sorted {
      probabilities[$0] == probabilities[$1] ? $0 < $1 : probabilities[$0] < probabilities[$1]
    }
  }

  /// How often each row counts when these stays are drawn.
  func times(_ drawn: [Int]) -> [Int] {
    var times = [Int](repeating: 0, count: labels.count)
    for stay in drawn { for row in stays[stay] { times[row] += 1 } }
    return times
  }

  /// As `BinaryEvaluation.auroc`.
  func auroc(_ times: [Int]) -> Double? {
    var (below, pairs, positives, index) = (0, 0.0, 0, 0)
    while index < ascending.count {
      let probability = probabilities[ascending[index]]
      var (yes, no) = (0, 0)
      while index < ascending.count, probabilities[ascending[index]] == probability {
        let row = ascending[index]
        if labels[row] { yes += times[row] } else { no += times[row] }
        index += 1
      }
      pairs += Double(yes) * (Double(below) + Double(no) / 2)
      below += no
      positives += yes
    }
    return positives > 0 && below > 0 ? pairs / (Double(positives) * Double(below)) : nil
  }

  /// As `BinaryEvaluation.averagePrecision`.
  func averagePrecision(_ times: [Int]) -> Double? {
    var (sum, yes, all, index) = (0.0, 0, 0, ascending.count - 1)
    while index >= 0 {
      let probability = probabilities[ascending[index]]
      let before = yes
      while index >= 0, probabilities[ascending[index]] == probability {
        let row = ascending[index]
        all += times[row]
        if labels[row] { yes += times[row] }
        index -= 1
      }
      if yes > before { sum += Double(yes - before) * Double(yes) / Double(all) }
    }
    return yes > 0 ? sum / Double(yes) : nil
  }

  /// As `BinaryEvaluation.brier`.
  func brier(_ times: [Int]) -> Double? {
    var (sum, count) = (0.0, 0)
    for row in labels.indices where times[row] > 0 {
      let difference = probabilities[row] - (labels[row] ? 1 : 0)
      sum += Double(times[row]) * difference * difference
      count += times[row]
    }
    return count > 0 ? sum / Double(count) : nil
  }

  /// The share of positive rows with an alarm, and of alarms that are right; nil without any.
  func alarmRates(_ times: [Int]) -> (sensitivity: Double?, precision: Double?) {
    var (right, positives, raised) = (0, 0, 0)
    for row in labels.indices {
      if labels[row] { positives += times[row] }
      if alarms[row] { raised += times[row] }
      if labels[row], alarms[row] { right += times[row] }
    }
    return (
      positives > 0 ? Double(right) / Double(positives) : nil, raised > 0 ? Double(right) / Double(raised) : nil
    )
  }

  /// As `BinaryEvaluation.lemeshowH`.
  func lemeshowH(_ times: [Int]) -> Double? {
    let size = times.reduce(0, +) / 10
    guard size > 0 else { return nil }
    var (sum, means) = (0.0, [Double]())
    var (risk, deaths, room) = (0.0, 0, size)
    for row in ascending {
      var left = times[row]
      while left > 0, means.count < 10 {
        let taken = min(left, room)
        risk += Double(taken) * probabilities[row]
        if labels[row] { deaths += taken }
        left -= taken
        room -= taken
        guard room == 0 else { continue }
        let mean = risk / Double(size)
        let difference = Double(deaths) - risk
        sum += difference * difference / (Double(size) * mean * (1 - mean) + 0.001)
        means.append(mean)
        (risk, deaths, room) = (0, 0, size)
      }
    }
    return means.count == 10 && means[9] > means[0] ? sum / (means[9] - means[0]) : nil
  }
}
