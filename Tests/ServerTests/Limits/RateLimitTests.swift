// SPDX-License-Identifier: Apache-2.0
import Server
import Testing

@Suite struct RateLimitTests {
  @Test func letsABurstThroughAndThenTheRate() {
    let (limit, start) = (RateLimit(), ContinuousClock.now)
    func take(_ seconds: Double, _ name: String = "a") -> Bool {
      limit.take(name, rate: 2, burst: 3, now: start + .seconds(seconds)) == nil
    }
    #expect([take(0), take(0), take(0), take(0)] == [true, true, true, false])
    #expect(!take(0.4))
    #expect(take(0.5))
    #expect(!take(0.5))
    // What was refused has cost nothing.
    #expect(take(1))
    #expect(take(0, "b"))
    // After a rest the burst is there again.
    #expect([take(100), take(100), take(100), take(100)] == [true, true, true, false])
  }

  @Test func saysHowLongToWait() {
    let (limit, start) = (RateLimit(), ContinuousClock.now)
    #expect(limit.take("a", rate: 2, burst: 1, now: start) == nil)
    #expect(limit.take("a", rate: 2, burst: 1, now: start) == .milliseconds(500))
    #expect(limit.take("a", rate: 2, burst: 1, now: start + .milliseconds(500)) == nil)
  }

  @Test func aCrowdOfNamesTakesBoundedRoom() {
    let (limit, start) = (RateLimit(), ContinuousClock.now)
    for name in 0..<20_000 { _ = limit.take("\(name)", rate: 1, burst: 1, now: start + .milliseconds(name)) }
    // The ones of long ago are forgotten, and one of a moment ago is not.
    #expect(limit.take("19999", rate: 1, burst: 1, now: start + .milliseconds(20_000)) != nil)
  }

  @Test func bodiesAndConnectionsComeBack() {
    let budget = BodyBudget(bytes: 10)
    #expect(budget.take(10))
    #expect(!budget.take(1))
    budget.give(4)
    #expect(!budget.take(5))
    #expect(budget.take(4))

    var limits = ServerLimits()
    limits.connections = 3
    limits.connectionsPerOrigin = 2
    let counts = ConnectionCounts(limits: limits)
    #expect(
      [counts.open("a"), counts.open("a"), counts.open("a"), counts.open("b"), counts.open("c")] == [
        true, true, false, true, false,
      ])
    counts.close("a")
    #expect(counts.open("c"))
    #expect(counts.total == 3)
  }
}
