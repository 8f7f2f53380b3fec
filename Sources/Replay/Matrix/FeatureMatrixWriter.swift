// SPDX-License-Identifier: Apache-2.0
import FHIR
package import Foundation

/// A feature matrix on its way to a file, some rows at a time, so that it never stands in memory whole.
package protocol FeatureMatrixWriter {
  /// Adds rows; all have as many values as the matrix has columns.
  mutating func append(_ rows: [MatrixRow]) throws
  /// Ends the file; nothing is complete before.
  mutating func finish() throws
}

extension FileHandle {
  /// The file at a path, empty. What exists is opened and never replaced: it may be a device, such as /dev/null, or a link.
  ///
  /// - Throws: `ReplayError.unwritable`.
  package static func emptied(at path: String) throws(ReplayError) -> FileHandle {
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    guard let file = FileHandle(forWritingAtPath: path) else { throw .unwritable(path) }
    try? file.truncate(atOffset: 0)  // a device has no length and refuses
    return file
  }
}
