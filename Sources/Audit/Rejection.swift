// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A request that was refused: what is kept of it. None of its text is.
package struct Rejection: Sendable, Hashable {
  /// Network address of the client.
  package var origin: String
  /// Id of the client, when it was known by then.
  package var client: String?
  /// Id of the service asked, when it is one of ours.
  package var service: String?
  /// HTTP status of the refusal.
  package var status: Int
  /// Permanent code of the error.
  package var reason: String

  /// A refusal.
  package init(origin: String, client: String? = nil, service: String?, status: Int, reason: String) {
    self.origin = origin
    self.client = client
    self.service = service
    self.status = status
    self.reason = reason
  }
}

/// Counts rejections by the minute so that a flood of bad requests fills neither the disk nor memory: of each kind and origin
/// at most two records a minute (the first, and the number of its repeats), of at most `mostKinds` kinds, and one for the rest.
package struct RejectionCounts: Sendable {
  /// Distinct rejections that are told apart in one minute.
  package static let mostKinds = 64
  private static let millisecondsPerMinute: Int64 = 60_000

  private var minute: Int64 = .min
  /// In order of first appearance, with the number of repeats after the first.
  private var kinds: [(rejection: Rejection, repeats: Int64)] = []
  private var index: [Rejection: Int] = [:]
  private var others: Int64 = 0

  /// Nothing counted.
  package init() {}

  /// Counts one rejection and returns the entries to append now.
  package mutating func add(_ rejection: Rejection, at now: Instant) -> [AuditEntry] {
    var entries = flush(at: now, includingCurrent: false)
    minute = Self.minute(of: now)
    if let position = index[rejection] {
      kinds[position].repeats += 1
    } else if kinds.count < Self.mostKinds {
      index[rejection] = kinds.count
      kinds.append((rejection, 0))
      entries.append(Self.entry(rejection, at: now))
    } else {
      others += 1
    }
    return entries
  }

  /// Returns the counts of a minute that is over (or, when asked, of the current one) and forgets them.
  package mutating func flush(at now: Instant, includingCurrent: Bool) -> [AuditEntry] {
    // A clock that jumps back ends the minute as well.
    guard minute != .min, includingCurrent || Self.minute(of: now) != minute else { return [] }
    let start = Instant(milliseconds: minute * Self.millisecondsPerMinute)
    var entries: [AuditEntry] = []
    for (rejection, repeats) in kinds where repeats > 0 {
      var entry = Self.entry(rejection, at: now)
      entry.instant = start
      entry.count = repeats
      entries.append(entry)
    }
    if others > 0 {
      var entry = AuditEntry(time: now, kind: .rejection)
      entry.instant = start
      entry.count = others
      entry.note = "rejections beyond \(Self.mostKinds) kinds in one minute"
      entries.append(entry)
    }
    self = RejectionCounts()
    return entries
  }

  /// Takes back entries that could not be committed: they go out with the count of the running minute.
  package mutating func keep(_ entries: ArraySlice<AuditEntry>) {
    for entry in entries {
      let count = entry.count ?? 1
      if let origin = entry.origin, let status = entry.status, let reason = entry.reason,
        let position = index[
          Rejection(origin: origin, client: entry.client, service: entry.service, status: status, reason: reason)]
      {
        kinds[position].repeats += count
      } else {
        others += count
      }
    }
  }

  private static func minute(of now: Instant) -> Int64 {
    let (quotient, remainder) = now.milliseconds.quotientAndRemainder(dividingBy: millisecondsPerMinute)
    return remainder < 0 ? quotient - 1 : quotient
  }

  private static func entry(_ rejection: Rejection, at now: Instant) -> AuditEntry {
    var entry = AuditEntry(time: now, kind: .rejection)
    entry.client = rejection.client
    entry.service = rejection.service
    entry.status = rejection.status
    entry.reason = rejection.reason
    entry.origin = rejection.origin
    return entry
  }
}
