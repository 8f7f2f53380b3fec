// SPDX-License-Identifier: Apache-2.0
import Networks

/// How probabilities and alarms fared; the names are those of `evaluation.json` and of `vigil evaluate --json`.
package struct Scores: Codable, Sendable, Equatable {
  /// Stays, or hours of stays.
  package var rows: Int
  /// Rows with the outcome.
  package var positives: Int
  /// Area under the receiver operating characteristic; nil when a class is missing.
  package var auroc: Double?
  /// Area under the precision-recall curve (average precision).
  package var auprc: Double?
  /// Share of rows judged rightly by the alarm.
  package var accuracy: Double?
  /// Share of positive rows with an alarm: recall.
  package var sensitivity: Double?
  /// Share of negative rows without.
  package var specificity: Double?
  /// Share of alarms that are right: positive predictive value.
  package var precision: Double?
  /// Harmonic mean of precision and sensitivity.
  package var f1: Double?
  /// Mean squared error of the probability.
  package var brier: Double?
  /// Expected calibration error: 10 bins of equal count for stays, 20 for hours.
  package var ece: Double?
  /// The alarm sounds from this probability on; nil when folds had thresholds of their own.
  package var threshold: Double?
  /// Challenge 2012: min(sensitivity, precision).
  package var score1: Double?
  /// Challenge 2012: Lemeshow's H.
  package var score2: Double?
  /// Challenge 2019: utility, 0 for doing nothing, 1 at best.
  package var utility: Double?
  /// Alarms a patient-day (hours with an alarm, an alarm that goes on not counted again).
  package var alarmsPerPatientDay: Double?

  /// Scores of calibrated probabilities with an alarm for each row; each stay's rows are given by their range.
  ///
  /// - Parameters:
  ///   - days: the patient-days that the rows stand for.
  ///   - isHourly: whether a stay has a row an hour, so that alarms are counted by patient-day; else Challenge 2012's
  ///     scores are given.
  ///   - hasUtility: whether the labels are those of Challenge 2019, so that its utility is given.
  package init(
    probabilities: [Double], labels: [Bool], alarms: [Bool], stays: [Range<Int>], days: Double, threshold: Double?,
    isHourly: Bool, hasUtility: Bool
  ) {
    let evaluation = BinaryEvaluation(scores: probabilities, labels: labels)
    let decisions = BinaryEvaluation(scores: alarms.map { $0 ? 1 : 0 }, labels: labels).confusion(threshold: 0.5)
    rows = labels.count
    positives = evaluation.positives
    auroc = evaluation.auroc
    auprc = evaluation.averagePrecision
    accuracy = decisions.accuracy
    sensitivity = decisions.sensitivity
    specificity = decisions.specificity
    precision = decisions.precision
    f1 = decisions.f1
    brier = labels.isEmpty ? nil : evaluation.brier
    ece = labels.isEmpty ? nil : evaluation.calibrationError(bins: isHourly ? 20 : 10)
    self.threshold = threshold
    if isHourly {
      var starts = 0
      for stay in stays { starts += stay.count { alarms[$0] && ($0 == stay.lowerBound || !alarms[$0 - 1]) } }
      alarmsPerPatientDay = days > 0 ? Double(starts) / days : nil
    } else {
      score1 = min(sensitivity ?? 0, precision ?? 0)
      score2 = evaluation.lemeshowH
    }
    if hasUtility {
      utility = SepsisUtility.normalised(
        labels: stays.map { Array(labels[$0]) }, alarms: stays.map { Array(alarms[$0]) })
    }
  }
}
