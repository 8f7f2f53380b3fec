// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Server
import TestSupport
import Testing

@Suite struct ReplayStoreTests {
  private static func at(_ seconds: Int64) -> Instant {
    Instant(milliseconds: TokenForge.now.milliseconds + seconds * 1000)
  }

  private func withPath(_ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "vigil-tokens-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await body(folder + "/tokens.sqlite")
    try FileManager.default.removeItem(atPath: folder)
  }

  private func admit(_ store: ReplayStore, _ id: String, issuer: String = "a", issued: Int64 = 0, now: Int64 = 0)
    async throws(TokenRefusal)
  {
    try await store.admit(
      issuer: issuer, id: id, issued: Self.at(issued), until: Self.at(issued + 360), now: Self.at(now))
  }

  @Test func remembersAcrossRestarts() async throws {
    try await withPath { path in
      do {
        let store = try ReplayStore(path: path, boot: "one", now: Self.at(0))
        try await admit(store, "x")
        // Not closed: the process was killed.
      }
      let store = try ReplayStore(path: path, boot: "one", now: Self.at(5))
      await #expect(throws: TokenRefusal.replayed) { try await admit(store, "x", now: 5) }
      try await admit(store, "y", now: 5)
    }
  }

  @Test func namesAreOfTheirIssuer() async throws {
    try await withPath { path in
      let store = try ReplayStore(path: path, boot: "one", now: Self.at(0))
      try await admit(store, "bc", issuer: "a")
      try await admit(store, "c", issuer: "ab")
      try await admit(store, "bc", issuer: "b")
      await #expect(throws: TokenRefusal.replayed) { try await admit(store, "bc", issuer: "a") }
    }
  }

  @Test func forgetsWhatNobodyAcceptsAnyMore() async throws {
    try await withPath { path in
      let store = try ReplayStore(path: path, boot: "one", now: Self.at(0))
      try await admit(store, "x")
      await #expect(throws: TokenRefusal.replayed) { try await admit(store, "x", now: 359) }
      // The time of `x` is over: only the check of times keeps it out now.
      try await admit(store, "z", issued: 400, now: 420)
      try await admit(store, "x", issued: 400, now: 421)
    }
  }

  /// When power was lost the last names may be lost with it, so no token that was made before is taken.
  @Test func refusesOlderTokensAfterALossOfPower() async throws {
    try await withPath { path in
      do {
        let store = try ReplayStore(path: path, boot: "one", now: Self.at(0))
        try await admit(store, "x")
      }
      let store = try ReplayStore(path: path, boot: "two", now: Self.at(60))
      await #expect(throws: TokenRefusal.replayed) { try await admit(store, "never seen", issued: 59, now: 61) }
      try await admit(store, "fresh", issued: 60, now: 61)
    }
  }

  @Test func knowsThatAClosedStoreIsWhole() async throws {
    try await withPath { path in
      let first = try ReplayStore(path: path, boot: "one", now: Self.at(0))
      try await admit(first, "x")
      try first.close()
      let store = try ReplayStore(path: path, boot: "two", now: Self.at(60))
      #expect(store.forgottenBefore == nil)
      try await admit(store, "never seen", issued: 59, now: 61)
      await #expect(throws: TokenRefusal.replayed) { try await admit(store, "x", now: 61) }
    }
  }

  @Test func oneOfManyAtOnceGetsIn() async throws {
    try await withPath { path in
      let store = try ReplayStore(path: path, boot: "one", now: Self.at(0))
      let admitted = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<32 {
          group.addTask {
            do {
              try await admit(store, "same")
              return true
            } catch {
              return false
            }
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(admitted == 1)
    }
  }

  #if PostgreSQL
    /// By the database's clock, which says there what is over.
    private static let started = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))

    private func admit(_ store: ReplayStore, _ id: String, after seconds: Int64) async throws(TokenRefusal) {
      let issued = Self.started.advanced(byHours: Double(seconds) / 3600)
      try await store.admit(
        issuer: "a", id: id, issued: issued, until: issued.advanced(byHours: 0.1), now: issued)
    }

    private func psql(_ connection: String, _ sql: String) throws {
      let psql = ShellCommand(["psql", "-X", "-q", "-d", connection, "-c", "SET client_min_messages = error; \(sql)"])
      guard psql.output() != nil else { throw CocoaError(.executableLoad) }
    }

    /// A token that one process has taken is known to the others, and to those that come after.
    @Test(
      .enabled(
        if: ProcessInfo.processInfo.environment["VIGIL_POSTGRESQL"] != nil,
        "needs the connection string of a PostgreSQL in VIGIL_POSTGRESQL; make test-cluster has one"))
    func tokensAreKnownToEveryProcess() async throws {
      let connection = ProcessInfo.processInfo.environment["VIGIL_POSTGRESQL"] ?? ""
      try await withPath { path in
        let directory = DataDirectory(path: URL(filePath: path).deletingLastPathComponent().path)
        let schema = "t" + UUID().uuidString.replacing("-", with: "")
        try psql(connection, "CREATE SCHEMA \(schema)")
        defer { try? psql(connection, "DROP SCHEMA \(schema) CASCADE") }
        try directory.write(Array("\(connection) options=-csearch_path=\(schema)".utf8), to: directory.connection)
        try AuditTrail(directory: directory).close()
        let stores = try (0..<2).map { _ in try ReplayStore(directory, boot: "one", now: Self.started) }
        try await admit(stores[0], "x", after: 0)
        await #expect(throws: TokenRefusal.replayed) { try await admit(stores[1], "x", after: 0) }
        try await admit(stores[1], "y", after: 0)
        for store in stores { try store.close() }
        let next = try ReplayStore(directory, boot: "two", now: Self.started)
        await #expect(throws: TokenRefusal.replayed) { try await admit(next, "y", after: 1) }
        try await admit(next, "z", after: 1)
        // One whose clock is a day ahead forgets nothing that the others still take.
        try await admit(stores[1], "later", after: 86_400)
        await #expect(throws: TokenRefusal.replayed) { try await admit(stores[0], "x", after: 2) }
        // What is over by the database's clock is forgotten.
        try psql(connection, "UPDATE \(schema).token SET expires = expires - 7200000")
        try await admit(stores[1], "much later", after: 172_800)
        try await admit(stores[0], "x", after: 3)
        // Shown to both at once, it is taken by one.
        let taken = await withTaskGroup(of: Bool.self) { group in
          for number in 0..<20 {
            group.addTask { (try? await admit(stores[number % 2], "w", after: 60)) != nil }
          }
          return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
      }
    }
  #endif
}
