// SPDX-License-Identifier: Apache-2.0

/// Why a model package is refused. It names files of the package, which are ours, not a patient's.
package struct ModelPackageError: Error, Sendable, Equatable {
  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    /// The folder or a file of it cannot be read.
    case unreadable = "MDL001"
    /// A file is not what the list of digests says, or the list itself was changed.
    case digestMismatch = "MDL002"
    /// A file the package must have is missing.
    case missingFile = "MDL003"
    /// The folder holds a file that is not in the list.
    case extraFile = "MDL004"
    /// A file cannot be understood.
    case invalidFile = "MDL005"
    /// The files contradict each other.
    case inconsistent = "MDL006"
    /// There is no package of a kind that is needed.
    case noPackage = "MDL007"
  }

  /// What is wrong.
  package let code: Code
  /// The file it concerns, relative to the package.
  package let file: String?
  /// What about it.
  package let detail: String?

  init(_ code: Code, file: String? = nil, detail: String? = nil) {
    self.code = code
    self.file = file
    self.detail = detail
  }
}

extension ModelPackageError: CustomStringConvertible {
  /// One line, such as `MDL002 digestMismatch: weights.safetensors`.
  package var description: String {
    ([code.rawValue, "\(code)"] + [file, detail].compactMap { $0 }).joined(separator: " ")
  }
}
