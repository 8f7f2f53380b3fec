// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import GRDB

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

extension AuditTrail {
  /// SQLite's side of the connection that writes.
  var database: DatabaseQueue {
    guard let store = store as? SQLiteStore else { fatalError("the trail does not lie in SQLite") }
    return store.queue
  }
}
