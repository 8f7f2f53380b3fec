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

  /// Whether anything can be fetched within them. The time is that of a clinician who waits.
  var areUsable: Bool {
    requests > 0 && (1...Int(Int32.max)).contains(bytes) && seconds > 0 && seconds <= 60
  }
}

/// What is left of the limits while a call's requests run side by side.
package final class FetchBudget: Sendable {
  private let left: Mutex<(requests: Int, bytes: Int)>
  /// The request's part of the room that the bodies of all requests have together.
  private let share: BodyShare?

  /// All of the limits.
  ///
  /// - Parameter share: where room is taken for what is fetched, as it is for what is sent.
  package convenience init(_ limits: FetchLimits, share: BodyShare? = nil) {
    self.init(requests: limits.requests, bytes: limits.bytes, share: share)
  }

  /// So many requests and bytes.
  init(requests: Int, bytes: Int, share: BodyShare? = nil) {
    left = Mutex((requests, bytes))
    self.share = share
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
    guard share?.take(count) != false else { throw .noRoom }
  }
}
