// SPDX-License-Identifier: Apache-2.0
package import Networks

/// Scores of predictions that no network was trained on, and how they came about: `evaluation.json`.
package struct Evaluation: Codable, Sendable, Equatable {
  /// The scores of one outcome.
  package struct Outcome: Codable, Sendable, Equatable {
    /// The head.
    package var head: String
    /// Scores of all out-of-fold predictions; calibration and threshold of a fold come from the other folds.
    package var scores: Scores
    /// AUROC of each fold; nil where a finished package is evaluated.
    package var aurocByFold: [Double]?
    /// AUROC of a single network: the first member of each fold's ensemble.
    package var aurocOfOneMember: Double?
    /// Scores of single hours of the stay.
    package var byHour: [Hour]
    /// 95 % intervals of the scores by 1,000 bootstrap samples of patients, by the scores' names.
    package var intervals: [String: BootstrapInterval]
    /// Scores within groups of patients, of the rows of `scores`.
    package var groups: [Group]
    /// How often the conformal sets of a fold, fitted to the other folds, held what happened.
    package var conformal: Conformal?
    /// Scores of each hospital or database that has the label; nil when there is one alone.
    package var bySite: [Site]?
    /// What the alarms made of the stays in which the outcome began; nil for outcomes that have no hour.
    package var onsets: OnsetAlarms?
    /// Curves, calibration and alarms.
    package var report: OutcomeReport?
  }

  /// The scores of the stays of one hospital or database.
  package struct Site: Codable, Sendable, Equatable {
    /// Name of the data set's reader, and of the site in it.
    package var dataSet: String
    package var site: String
    package var stays: Int
    package var scores: Scores
    package var onsets: OnsetAlarms?
  }

  /// The scores of a group of patients, such as `sex:female`.
  package struct Group: Codable, Sendable, Equatable {
    package var name: String
    package var rows: Int
    package var positives: Int
    package var auroc: Double?
    /// Mean predicted probability and share of positives: their difference is the error of calibration in the large.
    package var meanProbability: Double
    package var observed: Double
    /// Share of positive rows with an alarm.
    package var sensitivity: Double?
    package var conformal: Conformal?
    /// Number of stays.
    package var stays: Int?
    /// 95 % interval of the AUROC.
    package var aurocInterval: BootstrapInterval?
    /// Expected calibration error, 10 bins of equal count.
    package var ece: Double?
    /// Share of alarms that are right.
    package var precision: Double?
    /// Share of rows with an alarm.
    package var alarmRate: Double?
    /// What differs from all patients by more than a fairness audit lets pass.
    package var flags: [String]?
  }

  /// Coverage of conformal sets.
  package struct Conformal: Codable, Sendable, Equatable {
    /// Rows of one class whose set held that class.
    package struct Coverage: Codable, Sendable, Equatable {
      package var rows: Int
      package var covered: Double
      /// Wilson's 95 % interval of the share; rows of a stay are alike, and count for as many as are independent.
      package var low: Double
      package var high: Double
    }

    /// The share aimed at.
    package var target: Double
    /// Of the rows with the outcome, and of those without; nil where there are none.
    package var yes: Coverage?
    package var no: Coverage?
    /// Share of rows whose set holds one label: those of which the evidence settles something.
    package var single: Double
  }

  /// The scores at one hour of the stay.
  package struct Hour: Codable, Sendable, Equatable {
    package var hour: Double
    package var rows: Int
    package var positives: Int
    package var auroc: Double?
    package var auprc: Double?
    package var brier: Double
    /// Expected calibration error, 10 bins of equal count.
    package var ece: Double
    package var conformal: Conformal?
  }

  /// The scores of survival curves.
  package struct Survival: Codable, Sendable, Equatable {
    package var stays: Int
    package var horizonDays: Double
    /// Harrell's concordance of the risk within the horizon.
    package var concordance: Double?
    /// Brier score integrated from 2 days to the horizon.
    package var integratedBrier: Double?
  }

  /// Name, version and source of the data.
  package var dataSet: String
  /// What was held out from what, in a sentence.
  package var method: String
  /// Number of folds; nil where a finished package is evaluated.
  package var folds: Int?
  /// Stays.
  package var stays: Int
  /// Members of each ensemble.
  package var members: Int
  /// Seed of folds and networks, or of the bootstrap alone.
  package var seed: UInt64
  /// By outcome, in the package's order.
  package var outcomes: [Outcome]
  package var survival: Survival?
  /// From each site of a data set to each other; nil where that was not asked for.
  package var transfers: [Transfer]?

  /// An evaluation.
  package init(
    dataSet: String, method: String, folds: Int? = nil, stays: Int, members: Int, seed: UInt64, outcomes: [Outcome],
    survival: Survival? = nil, transfers: [Transfer]? = nil
  ) {
    self.dataSet = dataSet
    self.method = method
    self.folds = folds
    self.stays = stays
    self.members = members
    self.seed = seed
    self.outcomes = outcomes
    self.survival = survival
    self.transfers = transfers
  }
}

extension Evaluation {
  /// What networks that learned at one site say of the stays of another, with the calibration and the threshold of home.
  package struct Transfer: Codable, Sendable, Equatable {
    /// The scores of one outcome.
    package struct Outcome: Codable, Sendable, Equatable {
      package var head: String
      /// Of stays at home that the networks did not learn from, and that gave calibration and threshold.
      package var atHome: Scores
      package var asItIs: Scores
      /// With inputs standardised by the other site's own charts, without labels.
      package var scaled: Scores
      /// By the mean of the logits of both.
      package var meanOfBoth: Scores
    }

    package var dataSet: String
    package var from: String
    package var to: String
    package var outcomes: [Outcome]
  }

  /// Hours of the stay whose scores are reported apart.
  package static let reportedHours: [Double] = [6, 12, 24, 48]
}

extension Evaluation.Hour {
  /// The scores of the rows of one hour.
  package init(hour: Double, _ rows: ScoredRows, target: Double?) {
    let scores = BinaryEvaluation(scores: rows.probabilities, labels: rows.labels)
    self.init(
      hour: hour, rows: rows.labels.count, positives: scores.positives, auroc: scores.auroc,
      auprc: scores.averagePrecision, brier: scores.brier, ece: scores.calibrationError(),
      conformal: .init(rows, target: target))
  }
}

extension Evaluation.Survival {
  /// The scores of survival curves of stays whose recorded survival is possible; nil without any.
  init?(_ rows: [(curve: SurvivalCurve, outcome: HospitalOutcome)], horizon: Double) {
    let valid = rows.filter(\.outcome.isSurvivalValid)
    guard !valid.isEmpty else { return nil }
    let observed = SurvivalEvaluation(
      times: valid.map { $0.outcome.survivalDays ?? horizon }, events: valid.map { $0.outcome.survivalDays != nil }
    ).censored(at: horizon)
    let curves = valid.map(\.curve)
    self.init(
      stays: valid.count, horizonDays: horizon,
      concordance: observed.concordance(risks: curves.map { 1 - $0.probability(at: horizon) }),
      integratedBrier: observed.integratedBrier(curves, from: 2, to: horizon))
  }
}

extension Evaluation.Conformal {
  /// The coverage of the sets of some rows; nil without sets.
  init?(_ rows: ScoredRows, target: Double?) {
    guard let sets = rows.sets, let target else { return nil }
    self.target = target
    yes = Coverage(rows.stays.map { $0.filter { rows.labels[$0] }.map { sets[$0].yes } })
    no = Coverage(rows.stays.map { $0.filter { !rows.labels[$0] }.map { sets[$0].no } })
    single = sets.isEmpty ? 0 : Double(sets.count { $0.yes != $0.no }) / Double(sets.count)
  }
}

extension Evaluation.Conformal.Coverage {
  /// Whether the set of each row of a class held it, stay by stay; nil for no rows.
  fileprivate init?(_ stays: [[Bool]]) {
    let clusters = stays.filter { !$0.isEmpty }.map { (count: $0.count { $0 }, total: $0.count) }
    guard let interval = BinomialInterval(clusters: clusters) else { return nil }
    self.init(
      rows: clusters.reduce(0) { $0 + $1.total }, covered: interval.share, low: interval.low, high: interval.high)
  }
}
