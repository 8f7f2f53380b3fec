// SPDX-License-Identifier: Apache-2.0

/// What each stay adds to the scores that are sums over rows, so that a bootstrap by stay only adds up.
struct StaySums: Sendable {
  private(set) var truePositives = 0
  private(set) var falsePositives = 0
  private(set) var trueNegatives = 0
  private(set) var falseNegatives = 0
  private(set) var alarmStarts = 0
  private(set) var days = 0.0
  private(set) var earned = 0.0
  private(set) var nothing = 0.0
  private(set) var best = 0.0

  init() {}

  /// The sums of one stay, whose rows stand for so many patient-days.
  init(_ scored: ScoredRows, stay: Int, days: Double) {
    let range = scored.stays[stay]
    self.days = days
    for row in range {
      switch (scored.alarms[row], scored.labels[row]) {
      case (true, true): truePositives += 1
      case (true, false): falsePositives += 1
      case (false, true): falseNegatives += 1
      case (false, false): trueNegatives += 1
      }
      if scored.alarms[row], row == range.lowerBound || !scored.alarms[row - 1] { alarmStarts += 1 }
    }
    guard scored.hasUtility else { return }
    let labels = Array(scored.labels[range])
    (earned, nothing, best) = SepsisUtility.sums(labels: labels, alarms: Array(scored.alarms[range]))
  }

  /// Adds another stay's sums so many times.
  mutating func add(_ other: StaySums, copies: Int) {
    truePositives += copies * other.truePositives
    falsePositives += copies * other.falsePositives
    trueNegatives += copies * other.trueNegatives
    falseNegatives += copies * other.falseNegatives
    alarmStarts += copies * other.alarmStarts
    days += Double(copies) * other.days
    earned += Double(copies) * other.earned
    nothing += Double(copies) * other.nothing
    best += Double(copies) * other.best
  }

  private func ratio(_ count: Int, _ total: Int) -> Double? { total > 0 ? Double(count) / Double(total) : nil }

  var sensitivity: Double? { ratio(truePositives, truePositives + falseNegatives) }
  var specificity: Double? { ratio(trueNegatives, trueNegatives + falsePositives) }
  var precision: Double? { ratio(truePositives, truePositives + falsePositives) }
  var score1: Double? { min(sensitivity ?? 0, precision ?? 0) }
  var alarmsPerPatientDay: Double? { days > 0 ? Double(alarmStarts) / days : nil }
  var utility: Double? { best > nothing ? (earned - nothing) / (best - nothing) : nil }
}
