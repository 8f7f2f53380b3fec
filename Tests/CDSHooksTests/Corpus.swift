// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import TestSupport

/// Real messages with what a strict JSON Schema of the 3.0 ballot finds in each (`manifest.json`), when they are at hand:
/// unpacked in `VIGIL_DATA_UNPACKED`, or as an archive in `VIGIL_DATA` or `../shared/data`.
enum Corpus {
  struct Message {
    var file: String
    var kind: String
    var errors: [String]
    var bytes: [UInt8]

    /// The message as a value.
    var json: JSON { get throws { JSON(try Document(bytes, syntax: .json).root) } }
  }

  /// The corpus' folder; nil after a message.
  static let folder: String? = {
    let environment = ProcessInfo.processInfo.environment
    let files = FileManager.default
    if let root = environment["VIGIL_DATA_UNPACKED"] {
      let folder = "\(root)/cds-hooks-examples/cds-hooks-examples"
      if files.fileExists(atPath: folder) { return folder }
    }
    let archive = "\(environment["VIGIL_DATA"] ?? "../shared/data")/cds-hooks-examples.tar.xz"
    let fresh = files.temporaryDirectory.appendingPathComponent("vigil-data-\(UUID().uuidString)").path
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-xf", archive, "-C", fresh]
    tar.standardError = FileHandle.nullDevice
    try? files.createDirectory(atPath: fresh, withIntermediateDirectories: true)
    guard files.fileExists(atPath: archive), (try? tar.start()) != nil else {
      print("skipped: cds-hooks-examples is not at hand; set VIGIL_DATA or VIGIL_DATA_UNPACKED")
      return nil
    }
    tar.waitUntilExit()
    return "\(fresh)/cds-hooks-examples"
  }()

  static let messages: [Message]? = {
    guard let folder, let manifest = FileManager.default.contents(atPath: "\(folder)/manifest.json"),
      let document = try? Document(Array(manifest), syntax: .json)
    else { return nil }
    return document.root.children.compactMap { entry in
      guard let file = entry["file"]?.string, let kind = entry["kind"]?.string,
        let bytes = FileManager.default.contents(atPath: "\(folder)/\(file)")
      else { return nil }
      return Message(
        file: file, kind: kind, errors: entry.elements("schema_errors").compactMap(\.string), bytes: Array(bytes))
    }
  }()
}
