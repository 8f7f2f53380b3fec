// SPDX-License-Identifier: Apache-2.0

/// Why an input could not be opened at all. What is wrong inside one is an `InputProblem` of its summary.
package enum ReplayError: Error, Sendable, Equatable, CustomStringConvertible {
  case notFound(String)
  case nothingToRead(String)
  case unreadable(String)

  package var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file or folder"
    case .nothingToRead(let path): "\(path): no .json, .xml or .ndjson file below it"
    case .unreadable(let path): "\(path): cannot be read"
    }
  }
}
