// SPDX-License-Identifier: Apache-2.0

/// Scores of predictions that no network was trained on, and how they came about: `evaluation.json`.
package struct Evaluation: Codable, Sendable, Equatable {
  /// The scores of one outcome.
  package struct Outcome: Codable, Sendable, Equatable {
    /// The head.
    package var head: String
    /// Scores of all out-of-fold predictions; calibration and threshold of a fold come from the other folds.
    package var scores: Scores
    /// AUROC of each fold.
    package var aurocByFold: [Double]
    /// AUROC of a single network: the first member of each fold's ensemble.
    package var aurocOfOneMember: Double?
    /// Scores of single hours of the stay.
    package var byHour: [Hour]
  }

  /// The scores at one hour of the stay.
  package struct Hour: Codable, Sendable, Equatable {
    package var hour: Double
    package var rows: Int
    package var positives: Int
    package var auroc: Double?
    package var auprc: Double?
    package var brier: Double
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
  /// Number of folds.
  package var folds: Int
  /// Stays.
  package var stays: Int
  /// Members of each ensemble.
  package var members: Int
  /// Seed of folds and networks.
  package var seed: UInt64
  /// By outcome, in the package's order.
  package var outcomes: [Outcome]
  package var survival: Survival?
}
