// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Foundation

/// A feature matrix for `numpy.load`: an archive of the arrays `features` (float32, rows x columns, NaN is missing), `columns`,
/// `patient`, `at` (datetime64[ms], UTC), `hour` (NaN without a stay) and `ineligible`.
package struct FeatureMatrixNPZ: FeatureMatrixWriter {
  private let path: String
  private let folder: URL
  private var arrays: [NPYFile]
  private static let names = ["features", "patient", "at", "hour", "ineligible", "columns"]

  /// Begins the arrays in a folder beside the file.
  ///
  /// - Throws: `ReplayError.unwritable`, or what the file system says.
  package init(path: String, columns: [String]) throws {
    self.path = path
    folder = URL(fileURLWithPath: path + ".part", isDirectory: true)
    try? FileManager.default.removeItem(at: folder)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    } catch {
      throw ReplayError.unwritable(path)
    }
    let width = columns.map(\.unicodeScalars.count).max() ?? 1
    let types = ["<f4", "<U64", "<M8[ms]", "<f8", "<U64", "<U\(max(width, 1))"]
    arrays = []
    for (name, type) in zip(Self.names, types) {
      let place = folder.appending(path: "\(name).npy").path
      arrays.append(try NPYFile(path: place, type: type, columns: name == "features" ? columns.count : nil))
    }
    try arrays[5].append(texts: columns, width: max(width, 1))
  }

  package mutating func append(_ rows: [MatrixRow]) throws {
    try arrays[0].append(rows.flatMap(\.values).map(\.bitPattern), rows: rows.count)
    try arrays[1].append(texts: rows.map { $0.patientID ?? "" }, width: 64)
    try arrays[2].append(rows.map(\.instant.milliseconds), rows: rows.count)
    try arrays[3].append(rows.map { ($0.hour ?? .nan).bitPattern }, rows: rows.count)
    try arrays[4].append(texts: rows.map { $0.ineligibility.joined(separator: ";") }, width: 64)
  }

  package mutating func finish() throws {
    for index in arrays.indices { try arrays[index].finish() }
    let files = Self.names.map { (name: "\($0).npy", path: folder.appending(path: "\($0).npy").path) }
    guard ZipArchive.write(files, to: path) else { throw ReplayError.unwritable(path) }
    try FileManager.default.removeItem(at: folder)
  }
}
