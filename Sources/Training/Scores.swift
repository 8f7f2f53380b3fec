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
  /// Survival: Harrell's concordance of the risk within 365 days.
  package var concordance: Double?
  /// Survival: Brier score integrated from 2 to 365 days.
  package var integratedBrier: Double?

  /// Scores of calibrated probabilities with an alarm for each row.
  package init(probabilities: [Double], labels: [Bool], alarms: [Bool], threshold: Double?, bins: Int) {
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
    ece = labels.isEmpty ? nil : evaluation.calibrationError(bins: bins)
    self.threshold = threshold
  }

  /// Scores of the 2012 challenge.
  package static func stays(
    probabilities: [Double], labels: [Bool], alarms: [Bool], threshold: Double?
  ) -> Scores {
    var scores = Scores(probabilities: probabilities, labels: labels, alarms: alarms, threshold: threshold, bins: 10)
    scores.score1 = min(scores.sensitivity ?? 0, scores.precision ?? 0)
    scores.score2 = BinaryEvaluation(scores: probabilities, labels: labels).lemeshowH
    return scores
  }

  /// Scores of the 2019 challenge; each stay's rows are given by their range.
  package static func hours(
    probabilities: [Double], labels: [Bool], alarms: [Bool], stays: [Range<Int>], threshold: Double?
  ) -> Scores {
    var scores = Scores(probabilities: probabilities, labels: labels, alarms: alarms, threshold: threshold, bins: 20)
    scores.utility = SepsisUtility.normalised(
      labels: stays.map { Array(labels[$0]) }, alarms: stays.map { Array(alarms[$0]) })
    var starts = 0
    for stay in stays { starts += stay.count { alarms[$0] && ($0 == stay.lowerBound || !alarms[$0 - 1]) } }
    scores.alarmsPerPatientDay = labels.isEmpty ? nil : Double(starts) / (Double(labels.count) / 24)
    return scores
  }
}

/// Scores of predictions that no network was trained on, and how they came about: `evaluation.json`.
package struct Evaluation: Codable, Sendable, Equatable {
  /// Name, version and source of the data.
  package var dataSet: String
  /// What was held out from what, in a sentence.
  package var method: String
  /// Number of folds.
  package var folds: Int
  /// Stays.
  package var stays: Int
  /// Members of each ensemble.
  package var members: Int
  /// Seed of folds and networks.
  package var seed: UInt64
  /// Scores of all out-of-fold predictions; calibration and threshold of a fold come from the other folds.
  package var crossValidation: Scores
  /// AUROC of each fold.
  package var aurocByFold: [Double]
  /// AUROC of a single network: the first member of each fold's ensemble.
  package var aurocOfOneMember: Double?
}
