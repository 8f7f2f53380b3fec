// SPDX-License-Identifier: Apache-2.0

/// Why a training cannot be done as configured. Names parts of the configuration and files, never data.
package struct ExperimentError: Error, Sendable, Equatable {
  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case unreadable = "TRN001"
    case unknownKey = "TRN002"
    case unknownLabel = "TRN003"
    case unknownHead = "TRN004"
    case invalidNumber = "TRN005"
    case noRows = "TRN006"
    case foreignCheckpoint = "TRN007"
    case unwritable = "TRN008"
    case incompleteCard = "TRN009"
    case tooFewStays = "TRN010"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .unreadable: "a configuration or a file it names cannot be read"
      case .unknownKey: "a configuration has a key that means nothing"
      case .unknownLabel: "a head names a label that is not defined"
      case .unknownHead: "a configuration names a head that it does not define, or one without what is asked of it"
      case .invalidNumber: "a number of a configuration is out of its range"
      case .noRows: "no row of the data has a label of a head"
      case .foreignCheckpoint: "the folder of checkpoints belongs to another training"
      case .unwritable: "a file cannot be written"
      case .tooFewStays: "too few stays with the outcome, or without it, to fit anything to them"
      case .incompleteCard: "a model card lacks a source attribute, or has one that is none"
      }
    }
  }

  /// What is wrong.
  package let code: Code
  /// About what.
  package let detail: String?

  package init(_ code: Code, detail: String? = nil) {
    self.code = code
    self.detail = detail
  }
}

extension ExperimentError: CustomStringConvertible {
  /// One line, such as `TRN003 a head names a label that is not defined: aki`.
  package var description: String {
    "\(code.rawValue) \(code.title)" + (detail.map { ": \($0)" } ?? "")
  }
}
