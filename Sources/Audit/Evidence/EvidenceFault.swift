// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Why records that were given out do not hold, and where that is seen first.
package struct EvidenceFault: Error, Sendable, Equatable {
  /// What is wrong.
  package let code: ProofFile.Fault
  /// The file, by its path in the folder.
  package let file: String
  /// The line of it, from 1; nil where it is no matter of one.
  package let line: Int?

  init(_ code: ProofFile.Fault, _ file: String, line: Int? = nil) {
    self.code = code
    self.file = file
    self.line = line
  }

  /// For programs.
  package var json: JSON {
    [
      "holds": false, "code": .string(code.rawValue), "title": .string(code.title), "file": .string(file),
      "line": line.map { .number($0) },
    ]
  }
}

extension EvidenceFault: CustomStringConvertible {
  /// `PRF005: records.ndjson, line 3: the record is not in the tree of the checkpoint`.
  package var description: String {
    "\(code.rawValue): \(file)\(line.map { ", line \($0)" } ?? ""): \(code.title)"
  }
}
