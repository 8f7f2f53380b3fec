// SPDX-License-Identifier: Apache-2.0

// Eight lanes at a time, each lane bit for bit what the scalar function gives: the same operations in the same order.
// `SIMD8` is eight lanes on every machine; the compiler maps it to whatever registers there are.
extension Elementary {
  /// Eight numbers that are computed together.
  package typealias Lanes = SIMD8<Float>
  private static let one = Lanes(repeating: 1)

  /// The scalar `exp` in every lane.
  @inline(__always)
  package static func exp(_ x: Lanes) -> Lanes {
    var bounded = x.replacing(with: 88, where: x .> 88)
    bounded.replace(with: -87, where: x .< -87)
    let shifted = bounded * log2e + roundingShift
    let n = shifted - roundingShift
    let r = (bounded - n * ln2High) - n * ln2Low
    var p = Lanes(repeating: 1 / 5040)
    p = p * r + (1 / 720)
    p = p * r + (1 / 120)
    p = p * r + (1 / 24)
    p = p * r + (1 / 6)
    p = p * r + 0.5
    p = p * (r * r) + r + 1
    let exponent = pattern(shifted) &- (roundingShift.bitPattern &- 127)
    return p * lanes(exponent &<< 23)
  }

  /// The scalar `sigmoid` in every lane.
  @inline(__always)
  package static func sigmoid(_ x: Lanes) -> Lanes {
    one / (one + exp(-x))
  }

  /// The scalar `tanh` in every lane.
  @inline(__always)
  package static func tanh(_ x: Lanes) -> Lanes {
    let magnitude = lanes(pattern(x) & 0x7FFF_FFFF)
    let x2 = x * x
    let numerator: Lanes = (x2 + 105) * x2 + 945
    let denominator: Lanes = (15 * x2 + 420) * x2 + 945
    let near: Lanes = x * numerator / denominator
    let far: Lanes = one - Lanes(repeating: 2) / (exp(2 * magnitude) + one)
    return far.replacing(with: -far, where: x .< 0).replacing(with: near, where: magnitude .< 0.625)
  }

  // Reinterpreting a vector's bits is sound: both types are eight lanes of 32 bits.
  @inline(__always)
  private static func pattern(_ x: Lanes) -> SIMD8<UInt32> { unsafe unsafeBitCast(x, to: SIMD8<UInt32>.self) }

  @inline(__always)
  private static func lanes(_ bits: SIMD8<UInt32>) -> Lanes { unsafe unsafeBitCast(bits, to: Lanes.self) }
}
