// SPDX-License-Identifier: Apache-2.0

/// Why an input could not be opened at all. What is wrong inside one is an `InputProblem` of its summary.
package enum ReplayError: Error, Sendable, Equatable {
  case notFound(String)
  case nothingToRead(String)
  case unreadable(String)

  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case notFound = "RPL001"
    case nothingToRead = "RPL002"
    case unreadable = "RPL003"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .notFound: "no such file or folder"
      case .nothingToRead: "no .json, .xml or .ndjson file below it"
      case .unreadable: "cannot be read"
      }
    }
  }

  /// The permanent code.
  package var code: Code {
    switch self {
    case .notFound: .notFound
    case .nothingToRead: .nothingToRead
    case .unreadable: .unreadable
    }
  }
}

extension ReplayError: CustomStringConvertible {
  /// `charts/: RPL001 no such file or folder`.
  package var description: String {
    switch self {
    case .notFound(let path), .nothingToRead(let path), .unreadable(let path):
      "\(path): \(code.rawValue) \(code.title)"
    }
  }
}
