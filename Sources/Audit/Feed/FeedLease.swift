// SPDX-License-Identifier: Apache-2.0

/// Which of several processes on one trail sends it. No clock is common to them: whoever sees no later turn for a time by its own clock
/// takes the sender for gone. Two that send at once for a moment do no harm, as only one of them moves the position.
struct FeedLease: Sendable {
  /// How long a sender that says nothing is waited for: longer than a turn lasts in which the repository does not answer.
  static let patience = Duration.seconds(60)
  /// How often a sender with nothing to send says that it is there.
  static let renewal = Duration.seconds(15)

  /// This process.
  let sender: [UInt8]
  /// The latest turn that was seen, whose it is, and since when. An earlier one that is put back says nothing.
  private var latest: (turn: Int64, sender: [UInt8], since: ContinuousClock.Instant)?
  /// How far the trail was sent when records waited behind another process first, and since when.
  private var waiting: (sent: Int64, since: ContinuousClock.Instant)?

  init(sender: [UInt8]) {
    self.sender = sender
  }

  /// Whether this process may send.
  ///
  /// - Parameter isShared: whether others may be there; the one process of a trail in SQLite waits for nobody.
  mutating func isOurs(_ position: FeedPosition?, isShared: Bool, at now: ContinuousClock.Instant) -> Bool {
    guard let position, isShared else { return true }
    see(position, at: now)
    return position.sender == sender || latest.map { now - $0.since >= Self.patience } ?? true
  }

  /// Whether the others must be told that this process is still there.
  func isDue(at now: ContinuousClock.Instant) -> Bool { latest.map { now - $0.since >= Self.renewal } ?? false }

  /// The turn behind a position and all that were seen.
  func turn(after position: FeedPosition?) -> Int64 { max(position?.turn ?? 0, latest?.turn ?? 0) + 1 }

  /// Whether records wait behind another process, and none of them was sent for as long as two would be waited for.
  mutating func isStalled(_ turn: AuditEventFeed.Turn, at now: ContinuousClock.Instant) -> Bool {
    guard turn.isElsewhere, turn.sent < turn.recorded else {
      waiting = nil
      return false
    }
    guard let waiting, waiting.sent == turn.sent else {
      waiting = (turn.sent, now)
      return false
    }
    return now - waiting.since >= Self.patience * 2
  }

  private mutating func see(_ position: FeedPosition, at now: ContinuousClock.Instant) {
    if let latest, position.turn <= latest.turn { return }
    latest = (position.turn, position.sender, now)
  }
}
