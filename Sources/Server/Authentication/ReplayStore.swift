// SPDX-License-Identifier: Apache-2.0
package import Audit
import Crypto
package import FHIR
import Foundation
import Synchronization

/// Remembers which tokens were shown, until their time is over (RFC 7519 section 4.1.7, cds-hooks best practices).
///
/// A token is remembered as a digest of its issuer and its `jti`, in an SQLite database beside the trail, or where the trail lies when
/// several processes share it, before its bearer is let in. In SQLite a process that ends, however it ends, forgets none. A machine that loses power may forget the last ones, as a
/// commit does not wait for the disk here; so after such an end every token that was made before is refused once: clients
/// sign each request anew, and the next one is good.
package final class ReplayStore: Sendable {
  /// Tokens that are remembered at most: 10^6 take 50 MB on the disk.
  package static let mostTokens = 1_000_000

  private struct State {
    var count: Int
    var pruned: Instant
  }

  private let store: any TrailStore
  /// How long a store is waited for that lies behind a network.
  private let patience: Duration
  private let queue = DispatchQueue(label: "vigil.tokens")
  private let state: Mutex<State>
  /// Tokens that were made before this instant may have been shown; nil when none was forgotten.
  package let forgottenBefore: Instant?

  /// Opens the store of a folder that exists: of a trail that several processes share theirs, else a file of its own.
  ///
  /// - Parameters:
  ///   - boot: names the running of the machine; another one at the next opening means that power may have been lost.
  package convenience init(_ directory: DataDirectory, boot: String, now: Instant) throws {
    if directory.isShared {
      // A commit waits for the disk there, so none is forgotten.
      try self.init(
        directory.openForReading(patience: directory.patience), patience: directory.patience, forgottenBefore: nil,
        now: now)
    } else {
      try self.init(path: directory.path + "/tokens.sqlite", boot: boot, now: now)
    }
  }

  /// Opens the store in a file, which is made when it is missing.
  package convenience init(path: String, boot: String, now: Instant) throws {
    let store = try SQLiteStore(
      path: path,
      tables: """
        CREATE TABLE IF NOT EXISTS token (digest BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS token_expires ON token (expires);
        CREATE TABLE IF NOT EXISTS boot (id TEXT NOT NULL) STRICT;
        """)
    let earlier = try store.write { database in
      let earlier = try database.query("SELECT id FROM boot", []) { $0.text(0) }.first ?? nil
      try database.execute("DELETE FROM boot", [])
      try database.execute("INSERT INTO boot VALUES (?)", [.text(boot)])
      return earlier
    }
    let isForgetful = earlier != nil && earlier != boot && earlier != "closed"
    try self.init(store, forgottenBefore: isForgetful ? now : nil, now: now)
  }

  private init(
    _ store: any TrailStore, patience: Duration = .zero, forgottenBefore: Instant?, now: Instant
  ) throws {
    self.store = store
    self.patience = patience
    self.forgottenBefore = forgottenBefore
    let count = try store.write { try Self.prune($0, isShared: store.isShared, now) }
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
    let digest = Array(SHA256.hash(data: Data("\(issuer.utf8.count):\(issuer)\(id)".utf8)))
    let isNew: Bool
    do {
      isNew = try await store.write(on: queue, within: patience) { database in
        try database.change(
          "INSERT INTO token (digest, expires) VALUES (?, ?) ON CONFLICT DO NOTHING",
          [.bytes(digest), .number(until.milliseconds)]) == 1
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
      let left = try await store.write(on: queue, within: patience) { [isShared = store.isShared] database in
        try Self.prune(database, isShared: isShared, now)
      }
      state.withLock { $0.count = left }
    } catch {
      throw .tooManyTokens
    }
  }

  /// Forgets tokens and says how many are left.
  private static func prune(_ database: any TrailDatabase, isShared: Bool, _ now: Instant) throws -> Int {
    // Of several processes one whose clock is ahead would forget what another still takes: there the database's clock says what is over,
    // and an hour more, so that a process whose clock is as far behind takes nothing twice.
    let over =
      isShared
      ? try database.number("SELECT (extract(epoch FROM now()) * 1000)::bigint - 3600000") ?? 0 : now.milliseconds
    try database.execute("DELETE FROM token WHERE expires < ?", [.number(over)])
    return Int(try database.number("SELECT count(*) FROM token") ?? 0)
  }

  /// Closes the store; the next opening knows that nothing was lost.
  package func close() throws {
    if !store.isShared { try store.write { try $0.execute("UPDATE boot SET id = 'closed'", []) } }
    try store.close()
  }
}
