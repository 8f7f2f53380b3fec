// SPDX-License-Identifier: Apache-2.0

/// A table of what the trail says about one question, made at a checkpoint, so that somebody else can make it again and get the
/// same rows.
package struct TrailReport: Sendable, Equatable {
  /// The question. Raw values are names on the command line and in files.
  package enum Kind: String, Sendable, CaseIterable {
    /// Everything that was done with one patient's records, and by whom.
    case access
    /// What went to whom (45 CFR 164.528).
    case disclosures
    /// What each person, client and address did.
    case activity
    /// What was refused.
    case failures
    /// Starts, configuration, models, keys, stops, holds and erasures.
    case changes
    /// When nothing was recorded.
    case gaps
    /// Every decision that a model took part in, the patients, and who saw them.
    case recall
    /// How much of what came for answers no value was taken from.
    case minimum

    /// Whether a row is of one record, or of many that are counted.
    var showsRecords: Bool { ![.activity, .gaps, .minimum].contains(self) }
    /// Whether what records were made of is opened for it.
    var opensContent: Bool { self == .minimum }

    /// What stands over the report.
    package var title: String {
      switch self {
      case .access: "Access to a patient's records"
      case .disclosures: "Accounting of disclosures"
      case .activity: "Activity by person, client and address"
      case .failures: "Failed access"
      case .changes: "Changes"
      case .gaps: "Gaps in time"
      case .recall: "Recall of a model"
      case .minimum: "Minimum necessary"
      }
    }
  }

  /// The question.
  package let kind: Kind
  /// How many rows there are, each with a cell for each column; empty for what is absent. They are given out as they are found, and not
  /// kept.
  package internal(set) var rowCount = 0
  /// What is told beside the rows, by name: the rule, when it was made, criteria, counts, the records that were looked at.
  package internal(set) var facts: [(name: String, value: String)] = []
  /// The patients of whom it shows records.
  package internal(set) var patients = ShownPatients()
  /// The checkpoint that covers all records that were looked at.
  package let checkpoint: SignedNote

  init(_ kind: Kind, at checkpoint: SignedNote) {
    self.kind = kind
    self.checkpoint = checkpoint
  }

  package static func == (left: TrailReport, right: TrailReport) -> Bool {
    left.kind == right.kind && left.rowCount == right.rowCount
      && left.checkpoint == right.checkpoint && left.facts.elementsEqual(right.facts, by: ==)
  }
}
