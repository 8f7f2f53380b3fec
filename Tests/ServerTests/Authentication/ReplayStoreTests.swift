// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Server
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
}
