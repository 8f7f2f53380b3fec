// SPDX-License-Identifier: Apache-2.0

extension UCUM {
  /// A positive number kept exactly: `numerator / denominator * 2^two * 5^five * pi^pi`.
  ///
  /// The two integers are coprime to each other and to ten, so the form is unique and `==` is equality of numbers.
  /// Powers of ten never touch the integers, hence every definition in the UCUM table and every quotient of two of them
  /// is exact. A product beyond 64 bits is rounded to 64 significant bits, eleven more than a `Double` holds.
  struct Magnitude: Sendable, Hashable {
    var numerator: UInt64
    var denominator: UInt64
    var two: Int
    var five: Int
    var pi: Int

    static let one = Magnitude(numerator: 1, denominator: 1, two: 0, five: 0, pi: 0)

    private init(numerator: UInt64, denominator: UInt64, two: Int, five: Int, pi: Int) {
      self.numerator = numerator
      self.denominator = denominator
      self.two = two
      self.five = five
      self.pi = pi
    }

    /// A whole number; nil for zero, which no unit has.
    init?(_ integer: UInt64) {
      guard integer > 0 else { return nil }
      self = Magnitude.one
      numerator = integer
      extractTensFromNumerator()
    }

    /// A decimal literal such as `133.3220`, `254e-2` or `1e5`; nil when it is not one or does not fit in 64 bits.
    init?(decimal: some StringProtocol) {
      var digits: UInt64 = 0
      var fraction = 0
      var afterPoint = false
      var bytes = decimal.utf8[...]
      scan: while let byte = bytes.first {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          let (tens, overflow) = digits.multipliedReportingOverflow(by: 10)
          guard !overflow, tens <= UInt64.max - 9 else { return nil }
          digits = tens + UInt64(byte - UInt8(ascii: "0"))
          fraction += afterPoint ? 1 : 0
        case UInt8(ascii: "."): afterPoint = true
        default: break scan
        }
        bytes = bytes.dropFirst()
      }
      var exponent = 0
      if bytes.first == UInt8(ascii: "e") {
        guard let value = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)) else { return nil }
        exponent = value
      } else if !bytes.isEmpty {
        return nil
      }
      self.init(digits)
      two += exponent - fraction
      five += exponent - fraction
    }

    /// Ten to a power.
    static func ten(_ exponent: Int) -> Magnitude {
      Magnitude(numerator: 1, denominator: 1, two: exponent, five: exponent, pi: 0)
    }

    /// The number pi, to be kept as a symbol.
    static let circleConstant = Magnitude(numerator: 1, denominator: 1, two: 0, five: 0, pi: 1)

    var inverse: Magnitude {
      Magnitude(numerator: denominator, denominator: numerator, two: -two, five: -five, pi: -pi)
    }

    static func * (left: Magnitude, right: Magnitude) -> Magnitude {
      let first = greatestCommonDivisor(left.numerator, right.denominator)
      let second = greatestCommonDivisor(right.numerator, left.denominator)
      var two = left.two + right.two
      let numerator = product(left.numerator / first, right.numerator / second, carry: &two)
      var lost = 0
      let denominator = product(left.denominator / second, right.denominator / first, carry: &lost)
      two -= lost
      var result = Magnitude(
        numerator: numerator, denominator: denominator, two: two, five: left.five + right.five, pi: left.pi + right.pi)
      result.extractTensFromNumerator()
      result = result.inverse
      result.extractTensFromNumerator()
      return result.inverse
    }

    static func / (left: Magnitude, right: Magnitude) -> Magnitude {
      left * right.inverse
    }

    func raised(to exponent: Int) -> Magnitude {
      var result = Magnitude.one
      let base = exponent < 0 ? inverse : self
      for _ in 0..<abs(exponent) { result = result * base }
      return result
    }

    /// The number as one `Double` to multiply by and one to divide by.
    ///
    /// Both are exact for every conversion between decimal multiples up to 10^22, so that multiplying by the one and
    /// dividing by the other, where the other is 1, is the correctly rounded result.
    var fraction: (multiplier: Double, divisor: Double) {
      var multiplier = Double(numerator) * power(5, five) * power(2, two)
      var divisor = Double(denominator) * power(5, -five) * power(2, -two)
      multiplier *= power(.pi, pi)
      divisor *= power(.pi, -pi)
      return (multiplier, divisor)
    }

    /// The nearest `Double`, to within a unit in the last place.
    var value: Double {
      let parts = fraction
      return parts.multiplier / parts.divisor
    }

    private mutating func extractTensFromNumerator() {
      let zeros = numerator.trailingZeroBitCount
      numerator >>= UInt64(zeros)
      two += zeros
      while numerator.isMultiple(of: 5) {
        numerator /= 5
        five += 1
      }
    }
  }
}

/// `base` to a non-negative power by repeated multiplication (exact while the result is); 1 for a negative power.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var result = 1.0
  for _ in 0..<max(exponent, 0) { result *= base }
  return result
}

private func greatestCommonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
  var (left, right) = (left, right)
  while right != 0 { (left, right) = (right, left % right) }
  return left
}

/// The product, rounded to 64 bits where it is longer; `carry` receives the binary digits dropped.
private func product(_ left: UInt64, _ right: UInt64, carry: inout Int) -> UInt64 {
  let full = UInt128(left) * UInt128(right)
  let excess = max(0, 64 - full.leadingZeroBitCount)
  guard excess > 0 else { return UInt64(full) }
  let rounded = (full >> UInt128(excess)) + ((full >> UInt128(excess - 1)) & 1)
  carry += excess
  guard let result = UInt64(exactly: rounded) else {
    carry += 1
    return UInt64(rounded >> 1)
  }
  return result
}
