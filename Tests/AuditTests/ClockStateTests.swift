// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

/// What a record says of the clock, and when another is due.
@Suite struct ClockStateTests {
  private func state(_ isSynchronised: Bool, _ maximum: Int64) -> ClockState {
    ClockState(isSynchronised: isSynchronised, offset: -12, estimatedError: 340, maximumError: maximum)
  }

  @Test func itSaysTheFigures() {
    #expect(
      state(true, 5600).text
        == "clock synchronised, offset -12 us, estimated error 340 us, at most 5600 us off")
    #expect(state(false, 16_000_000).word == ClockState.unsynchronised)
  }

  @Test(
    arguments: [
      (true, 5600, true, 9999, true), (true, 5600, true, 10_000, false), (true, 5600, true, 999, false),
      (true, 5600, false, 5600, false), (false, 0, false, 9, true),
    ] as [(Bool, Int64, Bool, Int64, Bool)])
  func anotherIsDueWhenItSaysMore(
    _ before: Bool, _ was: Int64, _ after: Bool, _ isNow: Int64, _ isAlike: Bool
  ) {
    #expect(state(before, was).isAlike(state(after, isNow)) == isAlike)
    #expect(state(after, isNow).isAlike(state(before, was)) == isAlike)
  }
}
