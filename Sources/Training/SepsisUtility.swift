// SPDX-License-Identifier: Apache-2.0

/// The utility of PhysioNet/CinC Challenge 2019 (`evaluate_sepsis_score.py`), per hour: what an alarm and what silence
/// earn. Onset is six hours after the first positive label.
package enum SepsisUtility {
  // Hours from onset at which an alarm begins to earn, earns most, and ends to earn; and what it earns.
  private static let (early, optimal, late) = (-12.0, -6.0, 3.0)
  private static let (mostTruePositive, leastFalseNegative, falsePositive, truePositiveTooEarly) = (
    1.0, -2.0, -0.05, -0.05
  )

  /// For each hour of a stay, by its labels: utility of an alarm and of silence.
  package static func hours(_ labels: [Bool]) -> (alarm: [Double], silence: [Double]) {
    guard let first = labels.firstIndex(of: true) else {
      return (labels.map { _ in falsePositive }, labels.map { _ in 0 })
    }
    let onset = Double(first) - optimal
    var (alarm, silence) = ([Double](), [Double]())
    for hour in labels.indices {
      let distance = Double(hour) - onset
      guard distance <= late else {
        // After the window nothing counts.
        alarm.append(0)
        silence.append(0)
        continue
      }
      if distance <= optimal {
        let rising = mostTruePositive * (distance - early) / (optimal - early)
        alarm.append(max(rising, truePositiveTooEarly))
        silence.append(0)
      } else {
        alarm.append(mostTruePositive * (late - distance) / (late - optimal))
        silence.append(leastFalseNegative * (distance - optimal) / (late - optimal))
      }
    }
    return (alarm, silence)
  }

  /// What the alarms of one stay earn, what silence would have earned, and the best that could have been.
  static func sums(labels: [Bool], alarms: [Bool]) -> (earned: Double, nothing: Double, best: Double) {
    var (earned, nothing, best) = (0.0, 0.0, 0.0)
    let utility = hours(labels)
    // The official best alarms from 12 h before onset to 3 h after, never elsewhere; that is where an alarm earns
    // more than silence or as much.
    let onset = labels.firstIndex(of: true).map { Double($0) - optimal }
    for hour in labels.indices {
      earned += alarms[hour] ? utility.alarm[hour] : utility.silence[hour]
      nothing += utility.silence[hour]
      let isBest = onset.map { (early...late).contains(Double(hour) - $0) } ?? false
      best += isBest ? utility.alarm[hour] : utility.silence[hour]
    }
    return (earned, nothing, best)
  }

  /// The normalised utility of alarms over many stays: 0 is to do nothing, 1 the best possible. nil when the best
  /// possible earns nothing, i.e. without a septic stay.
  package static func normalised(labels: [[Bool]], alarms: [[Bool]]) -> Double? {
    var (earned, nothing, best) = (0.0, 0.0, 0.0)
    for (labels, alarms) in zip(labels, alarms) {
      let stay = sums(labels: labels, alarms: alarms)
      earned += stay.earned
      nothing += stay.nothing
      best += stay.best
    }
    return best > nothing ? (earned - nothing) / (best - nothing) : nil
  }
}
