// SPDX-License-Identifier: Apache-2.0

/// ln x to within one unit in the last place, by additions and multiplications alone: the C library picks another
/// variant by CPU, and a feature has to have the same bits everywhere.
///
/// x = 2^k * m with m in [sqrt(1/2), sqrt 2); ln m = 2 artanh((m - 1) / (m + 1)) by its series. NaN below 0,
/// -infinity at 0.
func naturalLogarithm(_ x: Double) -> Double {
  guard x > 0, x.isFinite else { return x == 0 ? -.infinity : x > 0 ? x : .nan }
  var (exponent, significand) = parts(of: x)
  if significand > 1.4142135623730951 {
    significand *= 0.5
    exponent += 1
  }
  let ratio = (significand - 1) / (significand + 1)
  let square = ratio * ratio
  // ratio is at most 0.172, so the term after 1/21 is below 2^-58 of the sum.
  // Written out, since a division costs as much as the rest of its line ten times over.
  var tail = square * (1.0 / 21)
  tail = square * (1.0 / 19 + tail)
  tail = square * (1.0 / 17 + tail)
  tail = square * (1.0 / 15 + tail)
  tail = square * (1.0 / 13 + tail)
  tail = square * (1.0 / 11 + tail)
  tail = square * (1.0 / 9 + tail)
  tail = square * (1.0 / 7 + tail)
  tail = square * (1.0 / 5 + tail)
  tail = square * (1.0 / 3 + tail)
  // ln 2 in two parts: the first has so few bits that its product with the exponent is exact.
  return exponent * 0.693147180369123816490 + (2 * ratio + (2 * ratio * tail + exponent * 1.90821492927058770002e-10))
}

/// Exponent and significand of a finite number above 0, the significand in [1, 2).
@inline(__always)
private func parts(of x: Double) -> (exponent: Double, significand: Double) {
  guard x.isNormal else { return (Double(x.exponent), x.significand) }
  let bits = x.bitPattern
  let significand = Double(bitPattern: bits & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
  return (Double(Int(bits &>> 52) - 1023), significand)
}
