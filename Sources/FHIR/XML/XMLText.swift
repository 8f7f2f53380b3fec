// SPDX-License-Identifier: Apache-2.0

/// Text as XML wants it.
enum XMLText {
  /// Appends text with references for what XML would read otherwise: markup, and line ends and tabs, which a parser
  /// normalises (XML 1.0, 2.11 and 3.3.3).
  static func escape(_ bytes: some Sequence<UInt8>, inAttribute: Bool, into output: inout [UInt8]) {
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "&"): output += "&amp;".utf8
      case UInt8(ascii: "<"): output += "&lt;".utf8
      case UInt8(ascii: ">"): output += "&gt;".utf8
      case UInt8(ascii: "\"") where inAttribute: output += "&quot;".utf8
      case 0x09 where inAttribute: output += "&#9;".utf8
      case 0x0A where inAttribute: output += "&#10;".utf8
      case 0x0D: output += "&#13;".utf8
      default: output.append(byte)
      }
    }
  }

  /// The offset of the first byte of a character that XML 1.0 cannot hold (2.2): a control other than tab, line feed
  /// and carriage return, U+FFFE or U+FFFF. Nil for text that it can. The bytes are well-formed UTF-8.
  static func firstForbidden(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    for index in 0..<bytes.count {
      let byte = unsafe bytes[index]
      if byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D { return index }
      if byte == 0xEF, index + 2 < bytes.count, unsafe bytes[index + 1] == 0xBF, unsafe bytes[index + 2] >= 0xBE {
        return index
      }
    }
    return nil
  }
}
