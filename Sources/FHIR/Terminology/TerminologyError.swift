// SPDX-License-Identifier: Apache-2.0

/// Why the terminology of a directory was refused. Terminology decides what a number means, so nothing in it is skipped
/// for being odd: the whole directory loads, or none of it.
package struct TerminologyError: Error, Sendable, Equatable {
  /// The permanent code of the fault.
  package enum Code: String, Sendable, CaseIterable {
    /// The directory cannot be listed, or holds no ValueSet.
    case directory = "TRM001"
    /// A file cannot be read.
    case file = "TRM002"
    /// A file is not well-formed JSON.
    case syntax = "TRM003"
    /// A resource that is neither ValueSet nor ConceptMap.
    case resourceType = "TRM004"
    /// An element that is needed is absent or has the wrong type.
    case element = "TRM005"
    /// A ValueSet that is defined by more than lists of codes (filter, exclude, other value sets).
    case unsupported = "TRM006"
    /// Two ValueSets with one id, or a code listed twice in one.
    case duplicate = "TRM007"
    /// A local code mapped to two different targets.
    case ambiguous = "TRM008"
  }

  /// What is wrong.
  package let code: Code
  /// The name of the file, without its directory.
  package let file: String
  /// The element at fault.
  package let path: String?

  init(_ code: Code, file: String, path: String? = nil) {
    self.code = code
    self.file = file
    self.path = path
  }
}

extension TerminologyError.Code {
  /// The fault in one sentence, for reports.
  package var title: String {
    switch self {
    case .directory: "the directory cannot be listed, or holds no ValueSet"
    case .file: "a file cannot be read"
    case .syntax: "a file is not well-formed JSON"
    case .resourceType: "a resource is neither ValueSet nor ConceptMap"
    case .element: "an element that is needed is absent or has the wrong type"
    case .unsupported: "a ValueSet is defined by more than lists of codes"
    case .duplicate: "two ValueSets have one id, or one lists a code twice"
    case .ambiguous: "a local code is mapped to two different targets"
    }
  }
}

extension TerminologyError: CustomStringConvertible {
  /// `TRM007 two ValueSets have one id, or one lists a code twice: glucose.json, ValueSet.compose.include[0]`.
  package var description: String {
    "\(code.rawValue) \(code.title): \(file)" + (path.map { ", \($0)" } ?? "")
  }
}
