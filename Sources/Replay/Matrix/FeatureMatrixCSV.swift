// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Features
import Foundation

/// A feature matrix as CSV: `patient,at,hours-in-icu,ineligible`, then a column a feature, of which one
/// may be called `hour`; an empty field is missing.
package struct FeatureMatrixCSV: FeatureMatrixWriter {
  private let file: FileHandle

  /// Begins a file with its header.
  ///
  /// - Throws: `ReplayError.unwritable`, or what the file system says.
  package init(path: String, columns: [String]) throws {
    file = try FileHandle.emptied(at: path)
    let header = ["patient", "at", "hours-in-icu", "ineligible"] + columns
    try file.write(contentsOf: Data((header.joined(separator: ",") + "\n").utf8))
  }

  package mutating func append(_ rows: [MatrixRow]) throws {
    var text = ""
    for row in rows {
      text += CSV.field(row.patientID ?? "") + "," + row.instant.description + ","
      text += (row.hour.map { "\($0)" } ?? "") + "," + row.ineligibility.joined(separator: ";")
      for value in row.values {
        text += ","
        // The shortest text that reads back as the same Float.
        if value.isFinite { text += "\(value)" }
      }
      text += "\n"
    }
    try file.write(contentsOf: Data(text.utf8))
  }

  package mutating func finish() throws { try file.close() }
}
