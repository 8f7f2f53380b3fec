// SPDX-License-Identifier: Apache-2.0

/// Why there is no input at a path, or no output. What is wrong inside an input is an `InputProblem` of its summary.
package enum ReplayError: Error, Sendable, Equatable {
  case notFound(String)
  case nothingToRead(String)
  case unwritable(String)

  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case notFound = "RPL001"
    case nothingToRead = "RPL002"
    case unwritable = "RPL003"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .notFound: "no such file or folder"
      case .nothingToRead: "no .json, .xml or .ndjson file in it"
      case .unwritable: "cannot be written"
      }
    }
  }

  /// The permanent code.
  package var code: Code {
    switch self {
    case .notFound: .notFound
    case .nothingToRead: .nothingToRead
    case .unwritable: .unwritable
    }
  }
}

extension ReplayError: CustomStringConvertible {
  /// `charts/: RPL001 no such file or folder`.
  package var description: String {
    switch self {
    case .notFound(let path), .nothingToRead(let path), .unwritable(let path):
      "\(path): \(code.rawValue) \(code.title)"
    }
  }
}
