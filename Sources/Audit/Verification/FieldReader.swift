// SPDX-License-Identifier: Apache-2.0

/// Fields one after the other as `docs/trail.md` has them: tag, four bytes of length, value.
struct FieldReader {
  private var position: Int
  private let end: Int

  /// - Parameter range: where the fields lie, behind the version byte.
  init(_ range: Range<Int>) {
    (position, end) = (range.lowerBound, range.upperBound)
  }

  var isAtEnd: Bool { position == end }

  /// The next field; nil when it is cut short.
  mutating func next(in bytes: Span<UInt8>) -> (tag: UInt8, value: Range<Int>)? {
    guard end - position >= 5 else { return nil }
    let tag = bytes[position]
    position += 1
    return nextItem(in: bytes).map { (tag, $0) }
  }

  /// Four bytes of length and as many others; nil when they are cut short.
  mutating func nextItem(in bytes: Span<UInt8>) -> Range<Int>? {
    guard end - position >= 4 else { return nil }
    var length = 0
    for place in position..<(position + 4) { length = length << 8 | Int(bytes[place]) }
    position += 4
    guard end - position >= length else { return nil }
    defer { position += length }
    return position..<(position + length)
  }

  /// Eight bytes as a number, the first the highest.
  static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    guard range.count == 8 else { return nil }
    var number: Int64 = 0
    for place in range { number = number << 8 | Int64(bytes[place]) }
    return number
  }
}

/// Whether two pieces of memory hold the same.
func areEqual(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
  // Both live for the call.
  unsafe one.withUnsafeBytes { one in unsafe other.withUnsafeBytes { unsafe one.elementsEqual($0) } }
}
