// SPDX-License-Identifier: Apache-2.0
package import Foundation

extension Process {
  /// One lock for the tests of all modules, which run in one process.
  private static let starting = NSLock()

  /// Runs the program, as `run` does, and no two at a moment: on Linux Foundation has crashed within `run`, which the lock makes rarer at
  /// most (`ShellCommand`). What was started runs side by side, and is waited for without the lock.
  package func start() throws {
    Self.starting.lock()
    defer { Self.starting.unlock() }
    try run()
  }
}
