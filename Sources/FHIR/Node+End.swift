// SPDX-License-Identifier: Apache-2.0

extension Node {
  /// Behind the last byte of the value in the JSON text that it was read from; `offset` is its first.
  package var end: Int {
    let bytes = tape.bytes
    var (depth, position) = (0, offset)
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        // A byte behind a backslash is part of the string, whatever it is.
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
          position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case _ where depth > 0: break
      default:
        // A number or a literal reaches to what cannot be part of it.
        while position + 1 < bytes.count, !Self.endsLiteral(bytes[position + 1]) { position += 1 }
      }
      position += 1
      if depth == 0 { return position }
    }
    return bytes.count
  }

  /// Whether a byte stands behind a number or a literal and is none of it.
  private static func endsLiteral(_ byte: UInt8) -> Bool {
    [0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(byte)
  }
}
