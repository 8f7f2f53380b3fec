// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Files that belong together: one document, or the NDJSON files of one folder, which a bulk export splits by type.
package struct ChartInput: Sendable, Equatable {
  /// What the user would call it: the path of the file or folder, `-` for standard input.
  package let name: String
  /// The files, in order of their names.
  package let files: [String]

  /// Standard input.
  package static let standardInput = ChartInput(name: "-", files: ["-"])

  private static let suffixes = [".json", ".xml", ".ndjson"]

  /// The inputs under `path`: the file itself, or every JSON, XML and NDJSON file below a folder, gzipped or not.
  ///
  /// - Throws: `notFound`; `nothingToRead` for a folder without such files.
  package static func inputs(at path: String) throws(ReplayError) -> [ChartInput] {
    if path == "-" { return [standardInput] }
    guard let kind = try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey]) else { throw .notFound(path) }
    guard kind.isDirectory == true else { return [ChartInput(name: path, files: [path])] }
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    let files = names.filter { isChart($0) }.sorted().map { path + "/" + $0 }
    guard !files.isEmpty else { throw .nothingToRead(path) }
    var inputs: [ChartInput] = []
    var exports: [(folder: String, files: [String])] = []
    for file in files {
      guard isNDJSON(file) else {
        inputs.append(ChartInput(name: file, files: [file]))
        continue
      }
      let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      if exports.last?.folder == folder {
        exports[exports.count - 1].files.append(file)
      } else {
        exports.append((folder, [file]))
      }
    }
    return inputs + exports.map { ChartInput(name: $0.folder, files: $0.files) }
  }

  static func isNDJSON(_ name: String) -> Bool { bare(name).hasSuffix(".ndjson") }

  private static func isChart(_ name: String) -> Bool { suffixes.contains { bare(name).hasSuffix($0) } }

  private static func bare(_ name: String) -> Substring { name.hasSuffix(".gz") ? name.dropLast(3) : name[...] }
}
