// SPDX-License-Identifier: Apache-2.0

/// What a column of a feature vector tells of.
package enum ColumnKind: String, Sendable {
  /// How high a signal stands: its mean, its last value.
  case level
  /// Another function of measured or known values: a minimum, a slope, a product, a score; of a device its use.
  case value
  /// Whether something known is this or that.
  case category
  /// How often and when was measured, and the hour: the charting, not the patient.
  case habit
  /// A step of the profile's sequence: what the other columns tell of the stay, drawn out in time.
  case step
}

extension FeatureProfile {
  /// The kind of each column, in the columns' order.
  package var columnKinds: [ColumnKind] {
    let firstStep = columns.count - (sequence?.columnCount ?? 0)
    return plan.operations.enumerated().map { index, operation in
      guard index < firstStep else { return .step }
      switch operation {
      case .statistic(let statistic, let slot):
        let series = plan.slots[slot].series
        let isPresence = series < signals.count && signals[series].presence == true
        return statistic.kind(ofPresence: isPresence)
      case .pooled, .hour: return .habit
      case .equals: return .category
      case .known, .product, .score: return .value
      }
    }
  }
}

extension Statistic {
  /// - Parameter isPresence: whether the series is of a device of which only the use matters, so that when and how long it
  ///   was charted is the finding.
  fileprivate func kind(ofPresence isPresence: Bool) -> ColumnKind {
    switch self {
    case .mean, .last: isPresence ? .value : .level
    case .first, .minimum, .maximum, .standardDeviation, .slope, .sum, .logSum, .change, .deviation: .value
    case .any, .firstHour, .lastHour, .span, .chartedHours, .hoursSinceLast: isPresence ? .value : .habit
    case .count, .logCount: .habit
    }
  }
}
