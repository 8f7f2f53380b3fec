// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Foundation
import Replay

/// The matrix of one model's features over many charts, on its way to the file that `vigil features --output` names.
struct FeatureMatrix {
  private let path: String
  private let columns: [String]
  private var writer: any FeatureMatrixWriter
  private var dictionary: FeatureDictionary
  private let parquet: ParquetFile?

  /// The ends of names that are understood.
  static let extensions = ["csv", "npz", "parquet"]

  /// Begins the file.
  init(path: String, profile: FeatureProfile) throws {
    self.path = path
    columns = profile.columns.map(\.id)
    dictionary = FeatureDictionary(profile)
    switch URL(fileURLWithPath: path).pathExtension {
    case "npz":
      parquet = nil
      writer = try FeatureMatrixNPZ(path: path, columns: columns)
    case "parquet":
      let file = ParquetFile(path: path)
      parquet = file
      writer = try FeatureMatrixCSV(path: file.csv, columns: columns)
    default:
      parquet = nil
      writer = try FeatureMatrixCSV(path: path, columns: columns)
    }
  }

  /// Adds the rows of some charts.
  mutating func append(_ rows: [MatrixRow]) throws {
    for row in rows { dictionary.add(row) }
    try writer.append(rows)
  }

  /// Ends the file and writes its dictionary beside it.
  ///
  /// - Returns: what a person reads of it: rows, columns, what is missing most.
  mutating func finish() throws -> String {
    try writer.finish()
    try parquet?.convert(
      columns: [("patient", .text), ("at", .instant), ("hours-in-icu", .number), ("ineligible", .text)]
        + columns.map { ($0, .float) })
    let description = "\(path).dictionary.csv"
    let file = try FileHandle.emptied(at: description)
    try file.write(contentsOf: Data(dictionary.csv.utf8))
    try file.close()
    var lines = ["\(dictionary.rows) rows by \(columns.count) features in \(path), what they are in \(description)"]
    for (code, count) in dictionary.ineligible.ranked { lines.append("may not be assessed, \(code): \(count)") }
    let rare = dictionary.observed.sorted { ($0.share, $0.series) < ($1.share, $1.series) }.prefix(10)
    lines += rare.map { String(format: "%5.1f %% of rows have ", 100 * $0.share) + $0.series }
    return lines.joined(separator: "\n")
  }
}
