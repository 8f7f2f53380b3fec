// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The connections that are open, of all and of each network address.
package final class ConnectionCounts: Sendable {
  private struct State {
    var total = 0
    var byOrigin: [String: Int] = [:]
  }

  private let limits: ServerLimits
  private let state = Mutex(State())

  /// No connection.
  package init(limits: ServerLimits) {
    self.limits = limits
  }

  /// Connections that are open.
  package var total: Int { state.withLock { $0.total } }

  /// Counts one; false, and counts none, when there are enough.
  package func open(_ origin: String) -> Bool {
    state.withLock { state in
      let own = state.byOrigin[origin, default: 0]
      guard state.total < limits.connections, own < limits.connectionsPerOrigin else { return false }
      state.total += 1
      state.byOrigin[origin] = own + 1
      return true
    }
  }

  /// Counts one less.
  package func close(_ origin: String) {
    state.withLock { state in
      state.total -= 1
      state.byOrigin[origin] = state.byOrigin[origin].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
  }
}
