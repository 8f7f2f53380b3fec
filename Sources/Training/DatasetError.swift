// SPDX-License-Identifier: Apache-2.0

/// Why a data set cannot be used. Names files, never their contents.
package enum DatasetError: Error, Sendable, Equatable {
  case unreadable(path: String)
  case noRecords(path: String)
  case missingColumn(path: String, column: String)
  case invalidField(path: String, line: Int, column: String)
  case tooFewStays
  case unknown(String)

  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case unreadable = "DAT001"
    case noRecords = "DAT002"
    case missingColumn = "DAT003"
    case tooFewStays = "DAT004"
    case unknown = "DAT005"
    case invalidField = "DAT006"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .unreadable: "a folder or file cannot be read"
      case .noRecords: "a folder holds no record of the expected kind"
      case .missingColumn: "a file lacks a column"
      case .tooFewStays: "there are too few stays of one of the classes to train or to score"
      case .unknown: "there is no reader of that name"
      case .invalidField: "a field of a file cannot be understood"
      }
    }
  }

  /// The permanent code.
  package var code: Code {
    switch self {
    case .unreadable: .unreadable
    case .noRecords: .noRecords
    case .missingColumn: .missingColumn
    case .tooFewStays: .tooFewStays
    case .unknown: .unknown
    case .invalidField: .invalidField
    }
  }
}

extension DatasetError: CustomStringConvertible {
  /// `DAT003 a file lacks a column: Outcomes-a.txt, SOFA`.
  package var description: String {
    let text = "\(code.rawValue) \(code.title)"
    return switch self {
    case .unreadable(let name), .noRecords(let name), .unknown(let name): "\(text): \(name)"
    case .missingColumn(let path, let column): "\(text): \(path), \(column)"
    case .invalidField(let path, let line, let column): "\(text): \(path), line \(line), \(column)"
    case .tooFewStays: text
    }
  }
}
