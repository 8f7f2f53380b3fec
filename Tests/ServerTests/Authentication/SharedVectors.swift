// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import TestSupport

/// Vectors that are not part of this repository: read out of the archive where it lies, or from where it was unpacked.
enum SharedVectors {
  private static let name = "wycheproof-jose/testvectors_v1/json_web_signature_test.json"
  private static let unpacked = ProcessInfo.processInfo.environment["VIGIL_DATA_UNPACKED"].map {
    "\($0)/bad-input/\(name)"
  }
  private static let archive =
    (ProcessInfo.processInfo.environment["VIGIL_DATA"] ?? Fixture.root + "/../shared/data") + "/bad-input.tar.xz"

  static var exist: Bool {
    [unpacked, archive].contains { $0.map(FileManager.default.fileExists) == true }
  }

  /// The groups of tests of Wycheproof's JSON Web Signatures.
  static func wycheproof() throws -> Nodes {
    let bytes = try unpacked.flatMap { FileManager.default.contents(atPath: $0) } ?? extract()
    return try Document(Array(bytes), syntax: .json, limits: .files).root.elements("testGroups")
  }

  private static func extract() throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["tar", "-xOf", archive, "--wildcards", "*\(name)"]
    let output = Pipe()
    process.standardOutput = output
    try process.start()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return bytes
  }
}
