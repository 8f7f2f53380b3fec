// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// The rows of a CSV or PSV file without quoting, as slices of its bytes; CRLF, LF and a byte order mark are accepted.
package struct DelimitedText {
  private let bytes: [UInt8]

  package init(path: String) throws(DatasetError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path: path) }
    self.init([UInt8](data))
  }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }

  /// Calls `body` with the fields of each row that is not blank.
  package func forEachRow<Failure: Error>(
    separator: UInt8, _ body: ([ArraySlice<UInt8>]) throws(Failure) -> Void
  ) throws(Failure) {
    var fields: [ArraySlice<UInt8>] = []
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      fields.removeAll(keepingCapacity: true)
      var start = line.startIndex
      for index in line.indices where line[index] == separator {
        fields.append(line[start..<index])
        start = index + 1
      }
      fields.append(line[start...])
      try body(fields)
    }
  }

  /// The text of a field without surrounding blanks.
  package static func text(_ field: ArraySlice<UInt8>) -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x22 }
    return String(decoding: field.drop(while: isBlank).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
  }

  /// The number of a field; nil for text, for nothing and for what is not finite.
  static func number(_ field: ArraySlice<UInt8>) -> Double? {
    var mantissa: UInt64 = 0
    var (digits, decimals) = (0, 0)
    var (isNegative, hasPoint) = (false, false)
    for (position, byte) in field.enumerated() {
      switch byte {
      case 0x30...0x39 where digits < 15:
        mantissa = mantissa * 10 + UInt64(byte - 0x30)
        digits += 1
        if hasPoint { decimals += 1 }
      case 0x2D where position == 0: isNegative = true
      case 0x2E where !hasPoint: hasPoint = true
      default:
        // Exponents, blanks, many digits: rare, so the plain way.
        return Double(text(field)).flatMap { $0.isFinite ? $0 : nil }
      }
    }
    guard digits > 0 else { return nil }
    // At most 15 digits and 10^22 are exact in Double, so one division rounds correctly.
    let value = Double(mantissa) / powersOfTen[decimals]
    return isNegative ? -value : value
  }

  private static let powersOfTen = (0...15).map { power in (0..<power).reduce(1.0) { value, _ in value * 10 } }
}
