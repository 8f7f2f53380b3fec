// SPDX-License-Identifier: Apache-2.0

/// Elementary functions that give the same bits on every machine.
///
/// The C library picks variants by CPU, so none of it is used: only +, −, ×, ÷, square root (exact by IEEE 754) and bit
/// patterns, never a fused multiply-add. Arguments are reduced as by Cody and Waite ("Software Manual for the Elementary
/// Functions", 1980); what remains is the function's own Taylor series or continued fraction. The greatest errors, in
/// units in the last place against the C library's double precision, are stated at each function and held by a test.
package enum Elementary {
  // ln 2 in two parts: the first has so few bits that its product with the exponent is exact.
  static let ln2High: Float = 0.693359375
  static let ln2Low: Float = -2.121944400546905827679e-4
  static let log2e: Float = 1.44269504088896340736
  /// 1.5·2²³: adding it rounds a small Float to an integer, which then stands in the low bits.
  static let roundingShift: Float = 12_582_912

  /// eˣ, within 2 ulp. Arguments are held to [−87, 88], so the result is never subnormal or infinite; NaN stays NaN.
  package static func exp(_ x: Float) -> Float {
    let bounded: Float = x > 88 ? 88 : (x < -87 ? -87 : x)
    let shifted = bounded * log2e + roundingShift
    let n = shifted - roundingShift
    let r = (bounded - n * ln2High) - n * ln2Low
    var p: Float = 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    p = p * (r * r) + r + 1
    let exponent = shifted.bitPattern &- roundingShift.bitPattern &+ 127
    return p * Float(bitPattern: exponent &<< 23)
  }

  /// The natural logarithm of a positive normal number, within 3 ulp; −∞ for zero and subnormal numbers, NaN for
  /// negative ones. ln m = 2·artanh((m − 1)/(m + 1)) with m in [√½, √2).
  package static func log(_ x: Float) -> Float {
    guard x >= Float.leastNormalMagnitude else { return x < 0 || x.isNaN ? .nan : -.infinity }
    guard x < .infinity else { return x }
    // Subtracting the pattern of √½ before the exponent is cut off puts the mantissa into [√½, √2).
    let offset = x.bitPattern &- 0x3F35_04F3
    let e = Float(Int32(bitPattern: offset) &>> 23)
    let m = Float(bitPattern: (offset & 0x007F_FFFF) &+ 0x3F35_04F3)
    let f = m - 1
    let s = f / (m + 1)
    let s2 = s * s
    var p: Float = 1 / 11
    p = p * s2 + 1 / 9
    p = p * s2 + 1 / 7
    p = p * s2 + 1 / 5
    p = p * s2 + 1 / 3
    // 2s = f − s·f: the leading term is then exact.
    let tail = s * (2 * (p * s2) - f)
    return e * ln2High + (f + (tail + e * ln2Low))
  }

  /// 1/(1 + e⁻ˣ), within 3 ulp for x in [−87, 88] and constant outside.
  package static func sigmoid(_ x: Float) -> Float {
    1 / (1 + exp(-x))
  }

  /// The hyperbolic tangent, within 3 ulp: near zero its continued fraction x/(1 + x²/(3 + x²/(5 + x²/(7 + x²/9)))),
  /// else 1 − 2/(e²ˣ + 1).
  package static func tanh(_ x: Float) -> Float {
    let magnitude = abs(x)
    if magnitude < 0.625 {
      let x2 = x * x
      return x * ((x2 + 105) * x2 + 945) / ((15 * x2 + 420) * x2 + 945)
    }
    let result = 1 - 2 / (exp(2 * magnitude) + 1)
    return x < 0 ? -result : result
  }

  /// ln(1 + eˣ), within 4 ulp; the integral of the sigmoid and the cross-entropy of a logit.
  package static func softplus(_ x: Float) -> Float {
    let u = exp(-abs(x))
    let w = 1 + u
    // ln(1 + u) keeps its relative accuracy when the rounding of 1 + u is divided out again (Kahan).
    let tail = w == 1 ? u : log(w) * (u / (w - 1))
    return (x > 0 ? x : 0) + tail
  }

  /// The sigmoid-weighted linear unit x·sigmoid(x) (Elfwing et al. 2018), within 4 ulp.
  package static func silu(_ x: Float) -> Float {
    x * sigmoid(x)
  }
}
