// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation

/// Which program this is.
enum ProgramIdentity {
  /// SHA-256 of the executable.
  static var digest: String {
    PackageSeal.digest([UInt8](FileManager.default.contents(atPath: "/proc/self/exe") ?? Data()))
  }

  /// The commit of the working copy in which the executable lies, with `and changes` where files differ from it; nil where
  /// it lies in none.
  static var commit: String? {
    guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
    let folder = URL(fileURLWithPath: program).deletingLastPathComponent().path
    guard let commit = git(["-C", folder, "rev-parse", "HEAD"]), !commit.isEmpty else { return nil }
    let changes = git(["-C", folder, "status", "--porcelain", "--untracked-files=no"]) ?? ""
    return changes.isEmpty ? commit : "\(commit) and changes"
  }

  private static func git(_ arguments: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    let said = Pipe()
    process.standardOutput = said
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let words = (try? said.fileHandleForReading.readToEnd()) ?? nil
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: words ?? Data(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
