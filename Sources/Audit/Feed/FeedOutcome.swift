// SPDX-License-Identifier: Apache-2.0

/// What is known of one record that was sent.
enum FeedOutcome: Sendable, Equatable {
  case stored
  /// It will not be taken however often it is sent: the status.
  case refused(Int)
  /// So many of the records of the request that it was in are not taken, and which they are is not said.
  case partly(Int, of: ClosedRange<Int64>)
  /// Nothing, or nothing that lasts: the status where there was one.
  case unknown(Int?)
  /// It was sent, and the receiver did not say that it had read it.
  case unconfirmed

  /// Whether it is not known.
  var isUnknown: Bool { if case .unknown = self { true } else { self == .unconfirmed } }

  /// Whether something was taken.
  var isTaken: Bool { if case .partly = self { true } else { self == .stored } }

  /// Whether it is not taken as it was sent, or by who sends it: to create may be allowed where to put is not.
  var isDenied: Bool { if case .refused = self { true } else { self == .unknown(403) } }

  /// Whether this may be the answer for what is there already, by a repository in which nothing is changed.
  var mayBeThere: Bool {
    switch self {
    case .refused(let status), .unknown(let status?): [403, 405, 409, 412].contains(status)
    case .stored, .partly, .unconfirmed, .unknown(nil): false
    }
  }

  /// By a status of HTTP.
  init(status: Int) {
    switch status {
    case 200..<300: self = .stored
    // Who sends is not let in, or is too early or too often: nothing that is about this event.
    case 401, 403, 407, 408, 409, 421, 423, 425, 429: self = .unknown(status)
    case 400..<500: self = .refused(status)
    default: self = .unknown(status)
    }
  }
}
