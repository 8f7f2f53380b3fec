// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// The verifiers of another program, in Python.
enum SecondVerifier {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs/verify").path

  /// The one of a proof.
  static let proofs = folder + "/check_proof.py"
  /// The one of records that were given out with their proofs.
  static let evidence = folder + "/check_export.py"

  /// Whether they can be run here; says so where they cannot.
  static let isAtHand: Bool = {
    if (try? run(["-c", "import cryptography"]))?.status == 0 { return true }
    print("skipped: Python's cryptography is not at hand (apt install python3-cryptography)")
    return false
  }()

  /// Runs Python.
  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-B"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.start()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  /// Runs lines of Python in which `check_export` is there.
  static func run(code: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    try run(["-c", "import sys; sys.path.insert(0, sys.argv[1])\n" + code, folder] + arguments)
  }
}
