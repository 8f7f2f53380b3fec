// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The bytes of bodies that are in memory at once, sent and fetched, of all requests together: what bounds the process however many connections
/// send however much.
package final class BodyBudget: Sendable {
  private let left: Mutex<Int>

  /// A budget of bytes.
  package init(bytes: Int) {
    left = Mutex(bytes)
  }

  /// Takes bytes; false, and takes none, when they are not left.
  package func take(_ bytes: Int) -> Bool {
    left.withLock { left in
      guard left >= bytes else { return false }
      left -= bytes
      return true
    }
  }

  /// Gives bytes back.
  package func give(_ bytes: Int) {
    left.withLock { $0 += bytes }
  }
}
