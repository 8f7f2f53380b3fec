// SPDX-License-Identifier: Apache-2.0

/// A seeded random source whose numbers are the same on every machine and in every release of Swift.
///
/// xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its state filled by
/// SplitMix64 as the authors advise. It deliberately does not conform to `RandomNumberGenerator`: the algorithms the
/// standard library would run over it (`shuffle`, `random(in:)`) may change between releases, and with them the weights.
package struct RandomSource: Sendable, Equatable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// A source for `seed`; sources of one seed and different `stream`s are independent for every practical purpose.
  package init(seed: UInt64, stream: UInt64 = 0) {
    // The stream enters through its own SplitMix64 step, so that (1, 2) and (2, 1) have nothing in common.
    var streamMixer = stream
    var mixer = seed ^ Self.splitMix(&streamMixer)
    state = (Self.splitMix(&mixer), Self.splitMix(&mixer), Self.splitMix(&mixer), Self.splitMix(&mixer))
  }

  private static func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z &>> 31)
  }

  private static func rotate(_ x: UInt64, _ count: UInt64) -> UInt64 {
    (x &<< count) | (x &>> (64 &- count))
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    let result = Self.rotate(state.1 &* 5, 7) &* 9
    let shifted = state.1 &<< 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, 45)
    return result
  }

  /// A number in [0, 1) with 53 random bits.
  package mutating func uniform() -> Double {
    Double(next() &>> 11) * 0x1p-53
  }

  /// A number in [`low`, `high`).
  package mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * (Float(next() &>> 40) * 0x1p-24)
  }

  /// A number of the standard normal distribution (Marsaglia's polar method; the second number of a pair is dropped, so
  /// that the state is only the generator's).
  package mutating func normal() -> Double {
    while true {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let square = u * u + v * v
      if square > 0, square < 1 { return u * (-2 * Elementary.log(square) / square).squareRoot() }
    }
  }

  /// An index in 0..<`count`, every one equally likely (rejection of the incomplete last interval).
  package mutating func index(below count: Int) -> Int {
    let bound = UInt64(count)
    let threshold = (0 &- bound) % bound
    while true {
      let bits = next()
      if bits >= threshold { return Int(bits % bound) }
    }
  }

  /// Puts `items` into a random order (Fisher and Yates, from the end).
  package mutating func shuffle<Item>(_ items: inout [Item]) {
    guard items.count > 1 else { return }
    for last in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(last, index(below: last + 1))
    }
  }

  package static func == (left: RandomSource, right: RandomSource) -> Bool {
    left.state == right.state
  }
}
