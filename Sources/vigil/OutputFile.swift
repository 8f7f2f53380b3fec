// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// A file that a command writes for its user alone (mode 0600): what leaves the trail is still about patients.
struct OutputFile {
  private let path: String
  private let file: FileHandle

  /// Makes the file, in the place of one that is there.
  init(_ path: String) throws(ExitCode) {
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let file = FileHandle(forWritingAtPath: path)
    else { throw Failure.trail("cannot write \(path)").exit() }
    self.path = path
    self.file = file
  }

  /// Adds bytes.
  func write(_ bytes: [UInt8]) throws(ExitCode) {
    guard (try? file.write(contentsOf: Data(bytes))) != nil else { throw Failure.trail("cannot write \(path)").exit() }
  }
}
