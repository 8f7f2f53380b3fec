// SPDX-License-Identifier: Apache-2.0
import Audit
import Synchronization

/// How the sending to the audit record repository stands.
package final class FeedStatus: Sendable {
  /// At one moment.
  package struct Snapshot: Sendable, Equatable {
    /// Records up to this number were sent.
    package var sent: Int64 = 0
    /// Records that there were.
    package var recorded: Int64 = 0
    /// Turns that went no further, and records that the repository did not take, since the start.
    package var failures = 0
    package var refused = 0
  }

  private let state = Mutex(Snapshot())

  /// Nothing sent.
  package init() {}

  /// As it is now.
  package var snapshot: Snapshot { state.withLock { $0 } }

  /// Takes over what a turn came to.
  func take(_ turn: AuditEventFeed.Turn) {
    state.withLock { state in
      // Where the trail could not be read nothing is known anew.
      if turn.recorded > 0 { (state.sent, state.recorded) = (turn.sent, turn.recorded) }
      if turn.failure != nil { state.failures += 1 }
      state.refused += turn.refused.count
    }
  }
}
