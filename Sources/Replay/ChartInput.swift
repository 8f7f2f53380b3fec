// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Foundation

/// Files that belong together: one document, or the NDJSON files of one folder, which a bulk export splits by type.
package struct ChartInput: Sendable {
  /// What the user would call it: the path of the file or folder, `-` for standard input.
  package let name: String
  /// The files, in order of their names.
  package let files: [File]

  /// Whether it is read by lines, by its files' names.
  package var isExport: Bool { files.contains { $0.isNDJSON } }

  /// A file of its own or one in a zip archive.
  package struct File: Sendable {
    /// Its path; in an archive the archive's path and the name in it.
    package let name: String
    private let place: Place

    private enum Place: Sendable {
      case path
      case archive(ZipArchive, Int)
      /// An archive that cannot be opened.
      case refused(FHIRError)
    }

    /// The file at a path, `-` for standard input.
    package init(path: String) { (name, place) = (path, .path) }

    init(path: String, in archive: ZipArchive, at index: Int) {
      (name, place) = ("\(path)/\(archive.names[index])", .archive(archive, index))
    }

    init(path: String, refused error: FHIRError) { (name, place) = (path, .refused(error)) }

    /// Its bytes, unpacked where they are gzip data.
    ///
    /// - Parameter read: called for each chunk that comes from the disk, with its length: as many as `packedBytes` in all.
    /// - Throws: `unreadable` when the system does not open it; what is wrong with the archive.
    package func stream(
      limits: Limits, read: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(FHIRError) -> ByteStream {
      switch place {
      case .path: return try ByteStream(path: name, read: read).unpacked(limits: limits)
      case .archive(let archive, let index): return try archive.stream(of: index).unpacked(limits: limits)
      case .refused(let error): throw error
      }
    }

    /// Its length as far as it can be told without unpacking: of a plain or gzipped file, of others 0.
    package var packedBytes: Int {
      guard case .path = place, name != "-" else { return 0 }
      return (try? URL(filePath: name).resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0
    }

    /// Whether its name says that it is compressed.
    package var isGzip: Bool { name.hasSuffix(".gz") }

    /// Whether its name says that it holds a document a line.
    package var isNDJSON: Bool { bare.hasSuffix(".ndjson") }

    var isChart: Bool {
      if case .refused = place { return true }
      return [".json", ".xml", ".ndjson"].contains { bare.hasSuffix($0) }
    }

    private var bare: Substring { name.hasSuffix(".gz") ? name.dropLast(3) : name[...] }
  }

  /// Standard input.
  package static let standardInput = ChartInput(name: "-", files: [File(path: "-")])

  /// The inputs at `path`: the file itself, or every JSON, XML and NDJSON file, gzipped or not, of a folder and the zip
  /// archives in it, or of a zip archive.
  ///
  /// - Throws: `notFound`; `nothingToRead` for a folder or archive without such files.
  package static func inputs(at path: String, limits: Limits = .files) throws(ReplayError) -> [ChartInput] {
    if path == "-" { return [standardInput] }
    guard let kind = try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey, .isRegularFileKey]) else {
      throw .notFound(path)
    }
    var files: [File] = []
    if kind.isDirectory == true {
      let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
      let folder = path.hasSuffix("/") ? path : path + "/"
      for name in names.sorted() {
        files += name.hasSuffix(".zip") ? archived(folder + name, limits) : [File(path: folder + name)]
      }
    } else if kind.isRegularFile == true, let start = try? ByteStream(path: path).peek(), ZipArchive.isZip(start) {
      files = archived(path, limits)
    } else {
      return [ChartInput(name: path, files: [File(path: path)])]
    }
    files.removeAll { !$0.isChart }
    guard !files.isEmpty else { throw .nothingToRead(path) }
    return joined(files)
  }

  /// The files of a zip archive in the order of their names, as those of a folder.
  private static func archived(_ path: String, _ limits: Limits) -> [File] {
    do throws(FHIRError) {
      let archive = try ZipArchive(path: path, limits: limits)
      let order = archive.names.indices.sorted { (archive.names[$0], $0) < (archive.names[$1], $1) }
      return order.map { File(path: path, in: archive, at: $0) }
    } catch {
      return [File(path: path, refused: error)]
    }
  }

  /// One input a document, then one for the NDJSON files of each folder.
  private static func joined(_ files: [File]) -> [ChartInput] {
    var inputs: [ChartInput] = []
    var exports: [(folder: String, files: [File])] = []
    var places: [String: Int] = [:]
    for file in files {
      guard file.isNDJSON else {
        inputs.append(ChartInput(name: file.name, files: [file]))
        continue
      }
      let folder = file.name.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      if let place = places[folder] {
        exports[place].files.append(file)
      } else {
        places[folder] = exports.count
        exports.append((folder, [file]))
      }
    }
    return inputs + exports.map { ChartInput(name: $0.folder, files: $0.files) }
  }
}
