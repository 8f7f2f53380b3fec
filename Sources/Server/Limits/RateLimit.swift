// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Lets each name do something so often on average, and a burst of it at once: the generic cell rate algorithm (ITU-T I.371).
package final class RateLimit: Sendable {
  /// Names that are told apart; the ones that were quiet longest are forgotten first.
  private static let mostNames = 10_000

  /// Per name, when it will have used up nothing of its burst.
  private let due = Mutex<[String: ContinuousClock.Instant]>([:])

  /// Nothing done yet.
  package init() {}

  /// Counts one; the time to wait when it is one too many, which is then not counted.
  ///
  /// - Parameters:
  ///   - rate: a second, on average.
  ///   - burst: at once.
  package func take(
    _ name: String, rate: Double, burst: Double, now: ContinuousClock.Instant = .now
  ) -> Duration? {
    due.withLock { due in
      let full = max(due[name] ?? now, now)
      let wait = now.duration(to: full) - .seconds((burst - 1) / rate)
      guard wait <= .zero else { return wait }
      if due[name] == nil, due.count >= Self.mostNames {
        due = due.filter { $0.value > now }
        // All of them are busy: the newcomer is not told apart and goes free, as a table without bounds would be worse.
        guard due.count < Self.mostNames else { return nil }
      }
      due[name] = full + .seconds(1 / rate)
      return nil
    }
  }
}
