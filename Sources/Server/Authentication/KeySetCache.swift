// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Synchronization

/// The key sets of clients, as they were last fetched.
///
/// A set is fetched when a token needs it: the first time, when its time is over, and when a token names a key that it lacks,
/// which is how clients rotate keys. Who sends tokens with made-up names of keys causes one fetch in `retry` and no more, and
/// callers that come while a fetch is under way wait for that one, unless the set that is kept has their key.
package final class KeySetCache: Sendable {
  /// What came from an address.
  package struct Fetched: Sendable {
    /// The text of the set.
    package var bytes: [UInt8]
    /// How long the server says that it may be kept, in seconds.
    package var maxAge: Int64?

    /// A set's text and for how long it may be kept.
    package init(bytes: [UInt8], maxAge: Int64?) {
      self.bytes = bytes
      self.maxAge = maxAge
    }
  }

  /// Fetches a set; nil when it cannot be had. Bounded in bytes and time; follows no redirect.
  package typealias Fetch = @Sendable (_ url: String, _ isInternal: Bool) async -> Fetched?

  /// Longest text of a set, in bytes.
  package static let mostBytes = 64 << 10
  /// Milliseconds a set is kept: what the server says, within these bounds; the middle one when it says nothing.
  static let lifetime: (shortest: Int64, usual: Int64, longest: Int64) = (300_000, 3_600_000, 86_400_000)
  /// Milliseconds after its time was over that a set still serves while its server does not answer.
  static let grace: Int64 = 3_600_000
  /// Milliseconds between two fetches that are not due to the set's age.
  static let retry: Int64 = 30_000

  private struct Entry {
    var set = VerificationKeySet()
    var freshUntil = Instant(milliseconds: .min)
    var usableUntil = Instant(milliseconds: .min)
    var lastAttempt = Instant(milliseconds: .min)
    var fetching: Task<VerificationKeySet?, Never>?
  }

  private enum Step {
    case use(VerificationKeySet)
    case wait(Task<VerificationKeySet?, Never>)
    case unavailable
  }

  private let fetch: Fetch
  private let entries = Mutex<[String: Entry]>([:])

  /// An empty cache.
  package init(fetch: @escaping Fetch) {
    self.fetch = fetch
  }

  /// The set at an address in which to look for a key.
  ///
  /// The addresses are those of configured clients, so there are only as many.
  ///
  /// - Parameter isInternal: whether the address may lie in a private network.
  /// - Throws: `.keySetUnavailable`.
  package func keys(
    at url: String, isInternal: Bool, for jws: CompactJWS, now: Instant
  ) async throws(TokenRefusal) -> VerificationKeySet {
    let step = entries.withLock { entries -> Step in
      var entry = entries[url] ?? Entry()
      // Before a fetch under way is waited for: a made-up name of a key, and a slow server, must not keep a good caller.
      if now < entry.freshUntil, entry.set.key(for: jws) != nil { return .use(entry.set) }
      if let task = entry.fetching { return .wait(task) }
      guard
        entry.lastAttempt.milliseconds == .min || abs(now.milliseconds - entry.lastAttempt.milliseconds) >= Self.retry
      else { return now < entry.usableUntil ? .use(entry.set) : .unavailable }
      entry.lastAttempt = now
      let task = Task { await self.refresh(url, isInternal: isInternal, now: now) }
      entry.fetching = task
      entries[url] = entry
      return .wait(task)
    }
    switch step {
    case .use(let set): return set
    case .unavailable: throw .keySetUnavailable
    case .wait(let task):
      guard let set = await task.value else { throw .keySetUnavailable }
      return set
    }
  }

  /// Fetches a set and keeps it; the one that was kept, while it may still serve, when that fails.
  private func refresh(_ url: String, isInternal: Bool, now: Instant) async -> VerificationKeySet? {
    let fetched = await fetch(url, isInternal)
    var set: VerificationKeySet?
    if let fetched, fetched.bytes.count <= Self.mostBytes { set = await VerificationKeySet(fetched.bytes) }
    return entries.withLock { entries -> VerificationKeySet? in
      var entry = entries[url] ?? Entry()
      entry.fetching = nil
      defer { entries[url] = entry }
      guard let set, let fetched else { return now < entry.usableUntil ? entry.set : nil }
      let (shortest, usual, longest) = Self.lifetime
      let age = fetched.maxAge.map { min(max($0, 0), longest / 1000) * 1000 } ?? usual
      entry.set = set
      entry.freshUntil = Instant(milliseconds: now.milliseconds + max(age, shortest))
      entry.usableUntil = Instant(milliseconds: entry.freshUntil.milliseconds + Self.grace)
      return set
    }
  }
}
