// SPDX-License-Identifier: Apache-2.0

// Double precision: calibration, metrics, schedules and random numbers. Plain scalar code; nothing here is hot.
extension Elementary {
  private static let ln2HighDouble = 6.93147180369123816490e-01
  private static let ln2LowDouble = 1.90821492927058770002e-10

  /// 1/n! for n = 0...13: the Taylor series of eʳ for |r| ≤ ½·ln 2 to below half an ulp.
  private static let inverseFactorials: [Double] = {
    var terms = [1.0]
    var factorial = 1.0
    for n in 1...13 {
      factorial *= Double(n)
      terms.append(1 / factorial)
    }
    return terms
  }()

  /// eˣ, within 2 ulp; arguments are held to [−708, 709]; NaN stays NaN.
  package static func exp(_ x: Double) -> Double {
    guard !x.isNaN else { return x }
    let bounded: Double = x > 709 ? 709 : (x < -708 ? -708 : x)
    let shift = 6_755_399_441_055_744.0  // 1.5·2⁵²: adding it rounds to an integer
    let n = (bounded * 1.44269504088896340736 + shift) - shift
    let r = (bounded - n * ln2HighDouble) - n * ln2LowDouble
    var p = 0.0
    for term in inverseFactorials.reversed() { p = p * r + term }
    return p * Double(bitPattern: UInt64(bitPattern: Int64(n) &+ 1023) &<< 52)
  }

  /// The natural logarithm, within 2 ulp; −∞ at zero and for subnormal numbers, NaN for negative ones.
  package static func log(_ x: Double) -> Double {
    guard x >= Double.leastNormalMagnitude else { return x < 0 || x.isNaN ? .nan : -.infinity }
    guard x < .infinity else { return x }
    let halfRoot: UInt64 = 0x3FE6_A09E_667F_3BCD
    let offset = x.bitPattern &- halfRoot
    let e = Double(Int64(bitPattern: offset) &>> 52)
    let m = Double(bitPattern: (offset & 0x000F_FFFF_FFFF_FFFF) &+ halfRoot)
    let f = m - 1
    let s = f / (m + 1)
    let s2 = s * s
    var p = 0.0
    for k in stride(from: 23, through: 3, by: -2) { p = p * s2 + 1 / Double(k) }
    let tail = s * (2 * (p * s2) - f)
    return e * ln2HighDouble + (f + (tail + e * ln2LowDouble))
  }

  /// 1/(1 + e⁻ˣ).
  package static func sigmoid(_ x: Double) -> Double {
    1 / (1 + exp(-x))
  }

  /// ln(1 + eˣ).
  package static func softplus(_ x: Double) -> Double {
    let u = exp(-abs(x))
    let w = 1 + u
    return (x > 0 ? x : 0) + (w == 1 ? u : log(w) * (u / (w - 1)))
  }

  /// cos(π·t) for t in [0, 1], within 1e-15: Taylor's series on the half nearer to zero, mirrored for the other.
  package static func cosinePi(_ t: Double) -> Double {
    let mirrored = t > 0.5
    let x = Double.pi * (mirrored ? 1 - t : t)
    let x2 = x * x
    var sum = 1.0
    for k in stride(from: 24, through: 2, by: -2) { sum = 1 - sum * x2 / Double(k * (k - 1)) }
    return mirrored ? -sum : sum
  }
}
