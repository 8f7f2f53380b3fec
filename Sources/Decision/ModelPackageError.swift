// SPDX-License-Identifier: Apache-2.0

/// Why a model package is refused. It names files of the package, which are ours, not a patient's.
package struct ModelPackageError: Error, Sendable, Equatable {
  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case unreadable = "MDL001"
    case digestMismatch = "MDL002"
    case missingFile = "MDL003"
    case extraFile = "MDL004"
    case invalidFile = "MDL005"
    case inconsistent = "MDL006"
    case noPackage = "MDL007"
    case invalidSignature = "MDL008"
    case untrusted = "MDL009"
    case unusableKey = "MDL010"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .unreadable: "the folder or a file of it cannot be read"
      case .digestMismatch: "a file is not what the list of digests says, or the list itself was changed"
      case .missingFile: "a file the package must have is missing"
      case .extraFile: "the folder holds a file that is not in the list"
      case .invalidFile: "a file cannot be understood"
      case .inconsistent: "the files contradict each other"
      case .noPackage: "there is no package of a kind that is needed"
      case .invalidSignature: "the signature is damaged, or not of this package"
      case .untrusted: "the package is not signed by a key that is trusted here"
      case .unusableKey: "a key file is missing or is no key, or a private one is not readable by its owner alone"
      }
    }
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
  /// One line, such as `MDL003 a file the package must have is missing: weights.safetensors`.
  package var description: String {
    let about = [file, detail].compactMap { $0 }.joined(separator: ", ")
    return "\(code.rawValue) \(code.title)" + (about.isEmpty ? "" : ": \(about)")
  }
}
