// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// Public corpora that are never committed. `VIGIL_DATA_UNPACKED` names a directory with one folder an archive;
/// otherwise the archive is looked for in `VIGIL_DATA` or `../shared/data` and unpacked once into the temporary
/// directory. Tests that need a corpus return early, with a message, when it is absent.
enum SharedData {
  /// The folder of an archive such as `fhir-r4-examples`, or nil after a message.
  static func folder(_ archive: String) -> URL? {
    let environment = ProcessInfo.processInfo.environment
    let files = FileManager.default
    if let root = environment["VIGIL_DATA_UNPACKED"] {
      let folder = URL(fileURLWithPath: root).appendingPathComponent(archive)
      if files.fileExists(atPath: folder.path) { return folder }
    }
    let root = URL(fileURLWithPath: environment["VIGIL_DATA"] ?? "../shared/data")
    let file = root.appendingPathComponent("\(archive).tar.xz")
    guard let size = try? files.attributesOfItem(atPath: file.path)[.size] as? Int else {
      print("skipped: \(archive) is not at hand; set VIGIL_DATA or VIGIL_DATA_UNPACKED")
      return nil
    }
    let folder = files.temporaryDirectory.appendingPathComponent("vigil-data-\(archive)-\(size)")
    if files.fileExists(atPath: folder.path) { return folder }
    let fresh = files.temporaryDirectory.appendingPathComponent("vigil-data-\(UUID().uuidString)")
    try? files.createDirectory(at: fresh, withIntermediateDirectories: true)
    guard run("tar", ["-xf", file.path, "-C", fresh.path]) == 0 else {
      print("skipped: \(archive) could not be unpacked")
      return nil
    }
    try? files.moveItem(at: fresh, to: folder)
    return files.fileExists(atPath: folder.path) ? folder : fresh
  }

  /// The bytes of a file of a corpus.
  static func bytes(_ file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

  /// The files of a folder with that extension, in name order.
  static func files(in folder: URL, extension suffix: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == suffix }.sorted { $0.path < $1.path }
  }

  /// Whether XML files are valid by a schema; nil, with a message, where Python's lxml is not installed.
  ///
  /// - Parameter list: gets the paths of those that are.
  static func validates(_ files: [String], by schema: URL, listing list: URL? = nil) -> Bool? {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Schemas/validate-xml.py").path
    // The system's own Python has what Debian's packages bring, whatever else is first on the path.
    for python in ["python3", "/usr/bin/python3"] {
      let status = run(python, [script, schema.path] + files, output: list)
      if status == 0 || status == 1 { return status == 0 }
    }
    print("skipped: Python's lxml is not installed")
    return nil
  }

  /// Runs a command found on the path, its output dropped; its exit status, or nil when it cannot be run.
  static func run(_ command: String, _ arguments: [String], output: URL? = nil) -> Int32? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    if let output {
      guard FileManager.default.createFile(atPath: output.path, contents: nil) else { return nil }
      process.standardOutput = try? FileHandle(forWritingTo: output)
    } else {
      process.standardOutput = FileHandle.nullDevice
    }
    process.standardError = FileHandle.nullDevice
    do { try process.start() } catch { return nil }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
