// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation

/// A data directory of one test's own, removed with it.
final class TemporaryDirectory: Sendable {
  let data: DataDirectory

  init() {
    data = DataDirectory(path: NSTemporaryDirectory() + "vigil-audit-" + UUID().uuidString)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: data.path)
  }
}
