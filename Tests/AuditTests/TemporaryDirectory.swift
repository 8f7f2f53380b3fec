// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation

/// A data directory of one test's own, removed with it.
final class TemporaryDirectory: Sendable {
  let data: DataDirectory

  init() {
    data = DataDirectory(path: NSTemporaryDirectory() + "vigil-audit-" + UUID().uuidString)
  }

  /// Another with the same files.
  func copy() throws -> TemporaryDirectory {
    let directory = TemporaryDirectory()
    try FileManager.default.copyItem(atPath: data.path, toPath: directory.data.path)
    return directory
  }

  deinit {
    try? FileManager.default.removeItem(atPath: data.path)
  }
}
