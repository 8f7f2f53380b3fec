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
    var mantissa: UInt64 = 0
    var digits = 0
    var scale = 0
    var at = 0
    let negative = unsafe bytes.first == UInt8(ascii: "-")
    if negative { at = 1 }
    var fraction = false
    while at < bytes.count {
      let byte = unsafe bytes[at]
      if byte &- 0x30 < 10 {
        mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
        if mantissa != 0 { digits += 1 }
        if fraction { scale += 1 }
      } else if byte == UInt8(ascii: ".") {
        fraction = true
      } else {
        return unsafe slow(bytes)
      }
      at += 1
    }
    // Both are exact and one division rounds once: the nearest Double (Clinger 1990).
    guard digits <= 15, scale <= 22 else { return unsafe slow(bytes) }
    let value = Double(mantissa) / powers[scale]
    return negative ? -value : value
  }

  private static func slow(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let value = unsafe Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
    return value
  }
}
