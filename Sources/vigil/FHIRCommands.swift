// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// `vigil fhir`: the reader by itself.
struct FHIRCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fhir", abstract: "Check and convert FHIR documents.", subcommands: [FHIRCheck.self, FHIRConvert.self])

  /// The bytes of a file, or of standard input for `-`; exits with 66 when it cannot be opened.
  static func contents(of path: String) throws -> [UInt8] {
    let data =
      path == "-"
      ? (try? FileHandle.standardInput.readToEnd()) ?? Data() : FileManager.default.contents(atPath: path)
    guard let data else { throw Failure.noInput("\(path): cannot be opened").exit() }
    return Array(data)
  }
}
