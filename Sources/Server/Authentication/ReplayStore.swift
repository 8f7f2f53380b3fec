// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR
import Foundation
import GRDB
import Synchronization

/// Remembers which tokens were shown, until their time is over (RFC 7519 section 4.1.7, cds-hooks best practices).
///
/// A token is remembered as a digest of its issuer and its `jti`, in an SQLite database beside the trail, before its bearer
/// is let in. A process that ends, however it ends, forgets none. A machine that loses power may forget the last ones, as a
/// commit does not wait for the disk here; so after such an end every token that was made before is refused once: clients
/// sign each request anew, and the next one is good.
package final class ReplayStore: Sendable {
  /// Tokens that are remembered at most: 10^6 take 50 MB on the disk.
  package static let mostTokens = 1_000_000

  private struct State {
    var count: Int
    var pruned: Instant
  }

  private let database: DatabaseQueue
  private let state: Mutex<State>
  /// Tokens that were made before this instant may have been shown; nil when none was forgotten.
  package let forgottenBefore: Instant?

  /// Opens the store in a folder that exists, creating its file when it is missing.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - boot: names the running of the machine; another one at the next opening means that power may have been lost.
  package init(path: String, boot: String, now: Instant) throws {
    var configuration = Configuration()
    configuration.journalMode = .wal
    // Another process on this machine may share the store for a moment, as at an upgrade.
    configuration.busyMode = .timeout(2)
    database = try DatabaseQueue(path: path, configuration: configuration)
    let (count, earlier) = try database.write { database -> (Int, String?) in
      try database.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS token (digest BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
          CREATE INDEX IF NOT EXISTS token_expires ON token (expires);
          CREATE TABLE IF NOT EXISTS boot (id TEXT NOT NULL) STRICT;
          DELETE FROM token WHERE expires < \(now.milliseconds);
          """)
      let earlier = try String.fetchOne(database, sql: "SELECT id FROM boot")
      try database.execute(sql: "DELETE FROM boot; ")
      try database.execute(sql: "INSERT INTO boot VALUES (?)", arguments: [boot])
      return (try Int.fetchOne(database, sql: "SELECT count(*) FROM token") ?? 0, earlier)
    }
    forgottenBefore = earlier == nil || earlier == boot || earlier == "closed" ? nil : now
    state = Mutex(State(count: count, pruned: now))
  }

  /// The running of this machine, as the kernel names it.
  package static var boot: String {
    let id = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id").map {
      String(decoding: $0, as: UTF8.self)
    }
    return id?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
  }

  /// Remembers a token.
  ///
  /// - Parameters:
  ///   - until: when nobody accepts it any more.
  /// - Throws: `.replayed` when it is known, `.tooManyTokens` when there is no room or the disk refuses.
  package func admit(issuer: String, id: String, issued: Instant, until: Instant, now: Instant)
    async throws(TokenRefusal)
  {
    if let forgottenBefore, issued < forgottenBefore { throw .replayed }
    try await prune(now)
    guard state.withLock({ $0.count < Self.mostTokens }) else { throw .tooManyTokens }
    // The length in front keeps apart what a client could otherwise move from one name to the other.
    let digest = Data(SHA256.hash(data: Data("\(issuer.utf8.count):\(issuer)\(id)".utf8)))
    let isNew: Bool
    do {
      isNew = try await database.write { database in
        let insert = try database.cachedStatement(sql: "INSERT OR IGNORE INTO token (digest, expires) VALUES (?, ?)")
        try insert.execute(arguments: [digest, until.milliseconds])
        return database.changesCount == 1
      }
    } catch {
      throw .tooManyTokens
    }
    guard isNew else { throw .replayed }
    state.withLock { $0.count += 1 }
  }

  /// Forgets, once a minute, the tokens whose time is over.
  private func prune(_ now: Instant) async throws(TokenRefusal) {
    let isDue = state.withLock { state in
      guard abs(now.milliseconds - state.pruned.milliseconds) >= 60_000 else { return false }
      state.pruned = now
      return true
    }
    guard isDue else { return }
    do {
      let gone = try await database.write { database in
        try database.execute(sql: "DELETE FROM token WHERE expires < ?", arguments: [now.milliseconds])
        return database.changesCount
      }
      state.withLock { $0.count -= gone }
    } catch {
      throw .tooManyTokens
    }
  }

  /// Closes the store; the next opening knows that nothing was lost.
  package func close() throws {
    try database.write { try $0.execute(sql: "UPDATE boot SET id = 'closed'") }
    try database.close()
  }
}
