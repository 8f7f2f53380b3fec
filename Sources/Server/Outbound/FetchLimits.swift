// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// How much is fetched at most for one call.
package struct FetchLimits: Sendable, Equatable {
  /// Requests, of all pages of all keys together.
  package var requests = 64
  /// Bytes of all answers together, unpacked.
  package var bytes = 32 << 20
  /// Seconds from the first request to the last answer. The call as a whole is to take about half a second; a clinician
  /// waits no longer than a few.
  package var seconds = 4.0

  /// The default.
  package init() {}
}

/// What is left of the limits while a call's requests run side by side.
package final class FetchBudget: Sendable {
  private let left: Mutex<(requests: Int, bytes: Int)>

  /// All of the limits.
  package init(_ limits: FetchLimits) {
    left = Mutex((limits.requests, limits.bytes))
  }

  /// Takes one request.
  func takeRequest() throws(FetchFailure) {
    let isLeft = left.withLock { left in
      left.requests -= 1
      return left.requests >= 0
    }
    guard isLeft else { throw .tooManyPages }
  }

  /// Takes the bytes of an answer.
  func take(bytes count: Int) throws(FetchFailure) {
    let isLeft = left.withLock { left in
      left.bytes -= count
      return left.bytes >= 0
    }
    guard isLeft else { throw .tooLarge }
  }
}
