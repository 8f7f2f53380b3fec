// SPDX-License-Identifier: Apache-2.0

/// FHIR's `decimal`: text with a value. The text is kept by the document; here its nearest `Double` is found.
package enum Decimal {
  // Powers of ten that a Double holds exactly.
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// The value of text that is a JSON number from first to last byte; nil when it is not, or beyond `Double`'s range.
  package static func double(_ text: String) -> Double? {
    var text = text
    return text.withUTF8 { unsafe isNumber($0) ? double($0) : nil }
  }

  /// Whether the bytes are one JSON number (RFC 8259 section 6).
  static func isNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var at = 0
    func peek() -> UInt8 { at < bytes.count ? unsafe bytes[at] : 0 }
    func digits() -> Bool {
      let first = at
      while peek() &- 0x30 < 10 { at += 1 }
      return at > first
    }
    if peek() == UInt8(ascii: "-") { at += 1 }
    if peek() == UInt8(ascii: "0") { at += 1 } else if !digits() { return false }
    if peek() == UInt8(ascii: ".") {
      at += 1
      if !digits() { return false }
    }
    if peek() | 0x20 == UInt8(ascii: "e") {
      at += 1
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { at += 1 }
      if !digits() { return false }
    }
    return at == bytes.count
  }

  /// Whether two JSON numbers are one decimal: the same value in the same precision, which is part of it (R4
  /// datatypes.html#decimal). `1.0` is `1.0e0` and `1e-22` is `0.0000000000000000000001`; neither is `1.00`, nor `10` `1e1`.
  static func areSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    if unsafe left.elementsEqual(right) { return true }
    guard let left = unsafe parts(left), let right = unsafe parts(right) else { return false }
    return left == right
  }

  /// Sign, digits from the first that is not 0, and the power of ten of the last digit; nil beyond 18 digits of exponent.
  private static func parts(_ text: UnsafeBufferPointer<UInt8>) -> (isNegative: Bool, digits: [UInt8], exponent: Int)? {
    let mark = unsafe text.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? text.endIndex
    let point = unsafe text[..<mark].firstIndex(of: UInt8(ascii: ".")) ?? mark
    let digits = unsafe text[..<mark].filter { $0 &- 0x30 < 10 }
    var exponent = 0
    if mark < text.endIndex {
      guard text.endIndex - mark < 20, let power = unsafe Int(String(decoding: text[(mark + 1)...], as: UTF8.self))
      else {
        return nil
      }
      exponent = power
    }
    exponent -= max(0, mark - point - 1)
    return unsafe (text.first == UInt8(ascii: "-"), Array(digits.drop { $0 == 0x30 }), exponent)
  }

  /// The value of bytes known to be a JSON number.
  static func double(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    let negative = unsafe bytes.first == UInt8(ascii: "-")
    let first = negative ? 1 : 0
    var mantissa: UInt64 = 0
    var at = first
    var point = bytes.count - 1  // where it stands; without one the last digit's place, so that the scale is 0
    while at < bytes.count {
      if at + 8 <= bytes.count, let eight = unsafe eightDigits(bytes, at) {
        mantissa = mantissa &* 100_000_000 &+ eight
        at += 8
        continue
      }
      let digit = unsafe bytes[at] &- 0x30
      if digit < 10 {
        mantissa = mantissa &* 10 &+ UInt64(digit)
      } else if digit == UInt8(ascii: ".") &- 0x30 {
        point = at
      } else {
        return unsafe slow(bytes)  // an exponent
      }
      at += 1
    }
    let scale = bytes.count - 1 - point
    var digits = bytes.count - first
    if digits > 15 { unsafe digits = significantDigits(bytes, first, point) }
    let value: Double
    if digits <= 15, scale <= 22 {
      value = Double(mantissa) / powers[scale]  // both are exact and one division rounds once (Clinger 1990)
    } else if digits <= 19, scale <= 19, mantissa > 0 {
      value = quotient(mantissa, wholePowers[scale])
    } else {
      return unsafe slow(bytes)
    }
    return negative ? -value : value
  }

  /// The number that eight bytes at `at` are; nil when they are not all digits.
  private static func eightDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt64? {
    let raw = UnsafeRawBufferPointer(bytes)
    let text = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    let digits = text ^ 0x3030_3030_3030_3030
    guard (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080 == 0 else { return nil }
    // Neighbours are joined: digits to pairs, pairs to fours, fours to eight.
    let pairs = (digits &* 10 &+ digits &>> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 100 &+ pairs &>> 16) & 0x0000_FFFF_0000_FFFF
    return (fours &* 10_000 &+ fours &>> 32) & 0xFFFF_FFFF
  }

  /// Digits from the first that is not 0.
  private static func significantDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ first: Int, _ point: Int) -> Int {
    var at = first
    while at < bytes.count, unsafe bytes[at] == 0x30 || bytes[at] == UInt8(ascii: ".") { at += 1 }
    return bytes.count - at - (at <= point && point < bytes.count - 1 ? 1 : 0)
  }

  // Powers of ten that 64 bits hold.
  private static let wholePowers: [UInt64] = (0...19).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

  /// The `Double` nearest to `dividend / divisor`, of two the even one; both above 0. Records hold values of 17 digits and
  /// more, as computers print them.
  private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> Double {
    // With the topmost bit of each moved up, the first below the second, the quotient is at least 2^62.
    let (up, down) = (dividend.leadingZeroBitCount, divisor.leadingZeroBitCount)
    let moved = dividend &<< UInt64(up)
    var (bits, rest) = (divisor &<< UInt64(down)).dividingFullWidth((moved &>> 1, moved &<< 63))
    // One bit stands for all that is cut off; the conversion then rounds as it should.
    if rest != 0 { bits |= 1 }
    return Double(bits) * Double(bitPattern: UInt64(1023 - 63 + down - up) &<< 52)  // the power of two is exact
  }

  private static func slow(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let value = unsafe Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
    return value
  }
}
