// SPDX-License-Identifier: Apache-2.0
package import Audit
import Synchronization

/// How the sending to each audit record repository stands.
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

    /// Nothing sent.
    package init() {}
  }

  private let states = Mutex<[FeedForm: Snapshot]>([:])

  /// Nothing sent.
  package init() {}

  /// As it is now with the one that takes a form.
  package func snapshot(of form: FeedForm) -> Snapshot { states.withLock { $0[form] ?? Snapshot() } }

  /// Takes over what a turn came to.
  func take(_ turn: AuditEventFeed.Turn, of form: FeedForm) {
    states.withLock { states in
      var state = states[form] ?? Snapshot()
      // Where the trail could not be read nothing is known anew.
      if turn.recorded > 0 { (state.sent, state.recorded) = (turn.sent, turn.recorded) }
      if turn.failure != nil { state.failures += 1 }
      state.refused += turn.refused.count + turn.unnamed
      states[form] = state
    }
  }
}
