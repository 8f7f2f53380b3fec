// SPDX-License-Identifier: Apache-2.0

/// Why a data set cannot be used. Names files, never their contents.
package enum DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The folder or file cannot be read.
  case unreadable(path: String)
  /// The folder holds no record of the expected kind.
  case noRecords(path: String)
  /// The file lacks a column.
  case missingColumn(path: String, column: String)
  /// Too few stays of one class to train or to score.
  case tooFewStays

  package var description: String {
    switch self {
    case .unreadable(let path): "cannot read \(path)"
    case .noRecords(let path): "no records in \(path)"
    case .missingColumn(let path, let column): "\(path) has no column '\(column)'"
    case .tooFewStays: "too few stays of one of the classes"
    }
  }
}
