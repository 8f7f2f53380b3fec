// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Foundation
import Synchronization

/// Two threads for what reads the trail at length and waits for the disk: neither in the place of an assessment nor of a look-up of
/// a name, and no more of it than somebody would wait for.
package final class ReadingQueue: Sendable {
  /// What runs and waits on one thread; beyond it a caller is refused.
  package static let mostOnThread = 8

  private let threads = [DispatchQueue(label: "vigil.reading.1"), DispatchQueue(label: "vigil.reading.2")]
  /// What runs and waits on each.
  private let counts = Mutex([0, 0])

  /// Threads that have nothing to do.
  package init() {}

  /// What runs and waits.
  package var count: Int { counts.withLock { $0.reduce(0, +) } }

  /// Runs `work` on one of the threads, behind what waits there.
  ///
  /// - Throws: `CDSHooksError` (`overloaded`) when too much waits; what `work` throws.
  package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    let free = counts.withLock { counts -> Int? in
      let thread = counts[1] < counts[0] ? 1 : 0
      guard counts[thread] < Self.mostOnThread else { return nil }
      counts[thread] += 1
      return thread
    }
    guard let thread = free else { throw CDSHooksError(.overloaded) }
    defer { counts.withLock { $0[thread] -= 1 } }
    return try await withCheckedThrowingContinuation { done in
      threads[thread].async { done.resume(with: Result { try work() }) }
    }
  }
}
