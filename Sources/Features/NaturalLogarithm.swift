// SPDX-License-Identifier: Apache-2.0

/// ln x to within one unit in the last place, by additions and multiplications alone: the C library picks another
/// variant by CPU, and a feature has to have the same bits everywhere.
///
/// x = 2^k * m with m in [sqrt(1/2), sqrt 2); ln m = 2 artanh((m - 1) / (m + 1)) by its series. NaN below 0,
/// -infinity at 0.
func naturalLogarithm(_ x: Double) -> Double {
  guard x > 0, x.isFinite else { return x == 0 ? -.infinity : x > 0 ? x : .nan }
  var exponent = Double(x.exponent)
  var significand = x.significand
  if significand > 1.4142135623730951 {
    significand *= 0.5
    exponent += 1
  }
  let ratio = (significand - 1) / (significand + 1)
  let square = ratio * ratio
  // ratio is at most 0.172, so the term after 1/21 is below 2^-58 of the sum.
  var tail = 0.0
  for denominator in stride(from: 21.0, through: 3.0, by: -2.0) { tail = square * (1 / denominator + tail) }
  // ln 2 in two parts: the first has so few bits that its product with the exponent is exact.
  return exponent * 0.693147180369123816490 + (2 * ratio + (2 * ratio * tail + exponent * 1.90821492927058770002e-10))
}
