// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation

/// The Python readers that are installed, each in its own way on the same bytes.
enum BenchPeers {
  private static let script = "docs/bench/fhir-peers.py"

  /// Names and median seconds; empty, with a line on standard error, where they cannot be measured.
  static func seconds(_ syntax: Syntax, _ bytes: [UInt8], _ python: String) -> [(String, Double)] {
    let folder = FileManager.default.temporaryDirectory
    let file = folder.appending(path: "vigil-bench-\(UUID().uuidString).\(syntax == .json ? "json" : "xml")")
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      guard FileManager.default.fileExists(atPath: script) else { throw CocoaError(.fileNoSuchFile) }
      try Data(bytes).write(to: file)
      let process = Process()
      let output = Pipe()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = [python, script, file.path, "5"]
      process.standardOutput = output
      try process.run()
      let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(
        separator: "\n")
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
      return lines.compactMap { line in
        let words = line.split(separator: " ")
        return words.count == 2 ? Double(words[1]).map { ("Python \(words[0])", $0) } : nil
      }
    } catch {
      Failure.warn("Python readers are not measured: \(script) or \(python) is missing or failed")
      return []
    }
  }
}
