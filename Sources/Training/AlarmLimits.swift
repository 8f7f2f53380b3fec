// SPDX-License-Identifier: Apache-2.0

/// What an alarm must be worth to be sounded at all: alarms that are mostly wrong, or come all the time, teach those who
/// hear them to turn them off.
package struct AlarmLimits: Codable, Sendable, Equatable {
  /// The least share of the alarmed rows that are positive.
  package var leastPrecision: Double
  /// The least share of the positive rows that are alarmed.
  package var leastSensitivity: Double
  /// The most alarms that may begin a patient-day.
  package var mostPerPatientDay: Double

  /// Limits.
  package init(leastPrecision: Double, leastSensitivity: Double, mostPerPatientDay: Double) {
    self.leastPrecision = leastPrecision
    self.leastSensitivity = leastSensitivity
    self.mostPerPatientDay = mostPerPatientDay
  }

  /// Where min(sensitivity, precision) peaks among the thresholds whose alarms keep the limits; the highest of several;
  /// nil when none does.
  func threshold(_ probabilities: [Double], _ labels: [Bool], stays: [Range<Int>], days: Double) -> Double? {
    var order: [(row: Int, stay: Range<Int>)] = []
    for stay in stays { order += stay.map { ($0, stay) } }
    order.sort { probabilities[$0.row] > probabilities[$1.row] }
    let positives = order.count { labels[$0.row] }
    var alarmed = [Bool](repeating: false, count: probabilities.count)
    var (starts, hits, best) = (0, 0, 0.0)
    var threshold: Double?
    for (place, (row, stay)) in order.enumerated() {
      // An hour between two alarmed ones joins their alarms, beside one it prolongs an alarm, else it begins one.
      let neighbours =
        (row > stay.lowerBound && alarmed[row - 1] ? 1 : 0)
        + (row + 1 < stay.upperBound && alarmed[row + 1] ? 1 : 0)
      starts += 1 - neighbours
      alarmed[row] = true
      if labels[row] { hits += 1 }
      let isLast = place + 1 == order.count || probabilities[order[place + 1].row] < probabilities[row]
      guard isLast, positives > 0 else { continue }
      let precision = Double(hits) / Double(place + 1)
      let sensitivity = Double(hits) / Double(positives)
      guard precision >= leastPrecision, sensitivity >= leastSensitivity, Double(starts) <= mostPerPatientDay * days,
        min(sensitivity, precision) > best
      else { continue }
      (best, threshold) = (min(sensitivity, precision), probabilities[row])
    }
    return threshold
  }
}
