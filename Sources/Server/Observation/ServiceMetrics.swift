// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
import Synchronization

/// What the service counts while it runs. Every label has few values, and all of them are the service's own words: nothing
/// that a caller sends can become one.
package final class ServiceMetrics: Sendable {
  /// What is asked for; nil for what is none of ours.
  package typealias Endpoint = Operation?

  /// Single events.
  package enum Event: Int, Sendable, CaseIterable {
    case connectionRefused, connectionTimedOut

    /// The value of its label.
    var label: String {
      switch self {
      case .connectionRefused: "refused"
      case .connectionTimedOut: "timed_out"
      }
    }
  }

  /// Upper bounds of the durations that are told apart, in microseconds: those of CDS Hooks' 500 ms and CRD's 5 s among them.
  static let bounds: [Int64] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
  ]

  /// How long requests of one kind took.
  struct Durations: Sendable {
    /// One more than bounds: the last counts everything longer.
    var counts = [Int](repeating: 0, count: bounds.count + 1)
    var microseconds: Int64 = 0
  }

  /// Everything that was counted.
  struct Snapshot: Sendable {
    var requests: [Endpoint: [Int: Int]] = [:]
    var durations: [Endpoint: Durations] = [:]
    var refusals: [TokenRefusal: Int] = [:]
    var errors: [CDSHooksError.Code: Int] = [:]
    var events = [Int](repeating: 0, count: Event.allCases.count)
    var inFlight = 0
    var emergencies = 0
  }

  private let state = Mutex(Snapshot())

  /// Nothing counted.
  package init() {}

  /// What was counted so far.
  var snapshot: Snapshot { state.withLock { $0 } }

  /// Readings in an emergency that wait for another person's review.
  package var emergencies: Int {
    get { state.withLock { $0.emergencies } }
    set { state.withLock { $0.emergencies = newValue } }
  }

  /// A request has begun.
  package func begin() {
    state.withLock { $0.inFlight += 1 }
  }

  /// A request is answered.
  package func end(_ endpoint: Endpoint, status: Int, microseconds: Int64) {
    let bucket = Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count
    state.withLock { state in
      state.inFlight -= 1
      state.requests[endpoint, default: [:]][status, default: 0] += 1
      state.durations[endpoint, default: Durations()].counts[bucket] += 1
      state.durations[endpoint, default: Durations()].microseconds += microseconds
    }
  }

  /// A caller was not let in.
  package func count(_ refusal: TokenRefusal) {
    state.withLock { $0.refusals[refusal, default: 0] += 1 }
  }

  /// A request was refused.
  package func count(_ error: CDSHooksError.Code) {
    state.withLock { $0.errors[error, default: 0] += 1 }
  }

  /// Something happened.
  package func count(_ event: Event) {
    state.withLock { $0.events[event.rawValue] += 1 }
  }
}
