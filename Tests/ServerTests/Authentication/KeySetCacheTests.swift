// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Server
import Testing

@Suite struct KeySetCacheTests {
  let forge = TokenForge()

  private static func at(_ seconds: Int64) -> Instant {
    Instant(milliseconds: TokenForge.now.milliseconds + seconds * 1000)
  }

  private func has(_ cache: KeySetCache, _ kid: String = "one", at seconds: Int64) async throws -> Bool {
    var forge = forge
    forge.header["kid"] = .string(kid)
    let jws = try CompactJWS(try forge.token())
    return try await cache.keys(at: TokenForge.keySetURL, isInternal: false, for: jws, now: Self.at(seconds)).key(
      for: jws)
      != nil
  }

  @Test func keepsASetForItsTime() async throws {
    let publisher = Publisher(try forge.keySet(), maxAge: 600)
    let cache = publisher.cache()
    for seconds in [0, 1, 599] as [Int64] { #expect(try await has(cache, at: seconds)) }
    #expect(publisher.asked.count == 1)
    #expect(try await has(cache, at: 600))
    #expect(publisher.asked.count == 2)
  }

  @Test(
    arguments: [(0, 300), (-5, 300), (10, 300), (7_200, 7_200), (1_000_000_000, 86_400), (.max, 86_400), (nil, 3_600)]
      as [(Int64?, Int64)])
  func boundsWhatTheServerSays(maxAge: Int64?, kept: Int64) async throws {
    let publisher = Publisher(try forge.keySet(), maxAge: maxAge)
    let cache = publisher.cache()
    _ = try await has(cache, at: 0)
    _ = try await has(cache, at: kept - 1)
    #expect(publisher.asked.count == 1)
    _ = try await has(cache, at: kept)
    #expect(publisher.asked.count == 2)
  }

  @Test func followsARotationAtOnce() async throws {
    let publisher = Publisher(JSON.object([.init("keys", [])]).encoded())
    let cache = publisher.cache()
    #expect(try await !has(cache, at: 0))
    publisher.set(try forge.keySet())
    #expect(try await has(cache, at: 31))
    #expect(publisher.asked.count == 2)
  }

  /// Made-up names cause one fetch in half a minute, however many they are.
  @Test func namesOfNoKeyDoNotFlood() async throws {
    let publisher = Publisher(try forge.keySet())
    let cache = publisher.cache()
    for position in 0..<100 { #expect(try await !has(cache, "made up \(position)", at: Int64(position) / 10)) }
    #expect(publisher.asked.count == 1)
    #expect(try await !has(cache, "made up", at: 30))
    #expect(publisher.asked.count == 2)
    // The key that is there is found all the while.
    #expect(try await has(cache, at: 31))
    #expect(publisher.asked.count == 2)
  }

  @Test func anOutageIsBridgedForAWhile() async throws {
    let publisher = Publisher(try forge.keySet(), maxAge: 300)
    let cache = publisher.cache()
    _ = try await has(cache, at: 0)
    publisher.set(nil)
    #expect(try await has(cache, at: 300))
    #expect(try await has(cache, at: 310))
    #expect(publisher.asked.count == 2)
    #expect(try await has(cache, at: 3_899))
    await #expect(throws: TokenRefusal.keySetUnavailable) { try await has(cache, at: 3_930) }
    publisher.set(try forge.keySet())
    #expect(try await has(cache, at: 3_960))
  }

  @Test func aServerThatIsDownIsNotAskedAgainAtOnce() async throws {
    let publisher = Publisher(nil)
    let cache = publisher.cache()
    for seconds in [0, 1, 29] as [Int64] {
      await #expect(throws: TokenRefusal.keySetUnavailable) { try await has(cache, at: seconds) }
    }
    #expect(publisher.asked.count == 1)
    publisher.set([UInt8](repeating: 0x20, count: KeySetCache.mostBytes + 1))
    await #expect(throws: TokenRefusal.keySetUnavailable) { try await has(cache, at: 30) }
    publisher.set(Array("<html>".utf8))
    await #expect(throws: TokenRefusal.keySetUnavailable) { try await has(cache, at: 60) }
    #expect(publisher.asked.count == 3)
  }

  @Test func callersShareOneFetch() async throws {
    let publisher = Publisher(try forge.keySet())
    let gate = AsyncStream<Void>.makeStream()
    let cache = KeySetCache { _, _ in
      let fetched = publisher.serve(TokenForge.keySetURL)
      for await _ in gate.stream {}
      return fetched
    }
    let found = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 { group.addTask { try await has(cache, at: 0) } }
      while publisher.asked.isEmpty { await Task.yield() }
      gate.continuation.finish()
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(found == 50)
    #expect(publisher.asked.count == 1)
  }

  /// A token with a made-up name of a key, while the client's server does not answer, keeps nobody whose key is there.
  @Test(.timeLimit(.minutes(1))) func aMadeUpNameKeepsNobodyWaiting() async throws {
    let publisher = Publisher(try forge.keySet())
    let gate = AsyncStream<Void>.makeStream()
    let cache = KeySetCache { _, _ in
      let fetched = publisher.serve(TokenForge.keySetURL)
      if publisher.asked.count > 1 { for await _ in gate.stream {} }
      return fetched
    }
    #expect(try await has(cache, at: 0))
    let forged = Task { try await has(cache, "made up", at: 31) }
    while publisher.asked.count < 2 { await Task.yield() }
    // The fetch ends only after this: whoever waited for it would wait for ever.
    #expect(try await has(cache, at: 31))
    gate.continuation.finish()
    #expect(try await !forged.value)
  }
}
