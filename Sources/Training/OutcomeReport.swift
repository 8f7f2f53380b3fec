// SPDX-License-Identifier: Apache-2.0
package import Networks

/// What is drawn of one outcome: curves, calibration, alarms.
package struct OutcomeReport: Codable, Sendable, Equatable {
  /// A point of a curve.
  package struct Point: Codable, Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// One bin of the calibration plot: rows sorted by probability in bins of about equal count.
  package struct CalibrationBin: Codable, Sendable, Equatable {
    package var count: Int
    package var meanProbability: Double
    /// The share of positive rows, with its binomial interval.
    package var observed: BinomialInterval
  }

  /// How the alarms weigh on those who hear them.
  package struct Alarms: Codable, Sendable, Equatable {
    /// Alarms a patient-day; an alarm that goes on is not counted again. nil for one row a stay.
    package var perPatientDay: Double?
    /// Share of the stays with the outcome that had an alarm.
    package var alarmedWithOutcome: BinomialInterval?
    /// Share of the stays without the outcome that had an alarm.
    package var alarmedWithoutOutcome: BinomialInterval?
    /// Rows with an alarm for each that was right.
    package var neededToEvaluate: Double?
  }

  package var roc: [Point]
  package var precisionRecall: [Point]
  package var calibrationLine: CalibrationLine?
  package var calibration: [CalibrationBin]
  package var decisionCurve: DecisionCurve
  package var alarms: Alarms
}
