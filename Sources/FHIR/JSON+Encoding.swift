// SPDX-License-Identifier: Apache-2.0

extension JSON {
  /// UTF-8 JSON text. Pretty text is indented by two spaces and ends in a newline.
  package func encoded(pretty: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, indent: pretty ? 0 : nil)
    if pretty { bytes.append(UInt8(ascii: "\n")) }
    return bytes
  }

  /// The same as `encoded`, as a string.
  package func text(pretty: Bool = false) -> String { String(decoding: encoded(pretty: pretty), as: UTF8.self) }

  private func write(to bytes: inout [UInt8], indent: Int?) {
    switch self {
    case .object(let members):
      JSON.write(members, between: "{", "}", to: &bytes, indent: indent) { member, bytes, indent in
        JSON.write(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if indent != nil { bytes.append(UInt8(ascii: " ")) }
        member.value.write(to: &bytes, indent: indent)
      }
    case .array(let values):
      JSON.write(values, between: "[", "]", to: &bytes, indent: indent) { value, bytes, indent in
        value.write(to: &bytes, indent: indent)
      }
    case .string(let text): JSON.write(text, to: &bytes)
    case .number(var literal): literal.withUTF8 { unsafe bytes.append(contentsOf: $0) }
    case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .null: bytes.append(contentsOf: "null".utf8)
    }
  }

  private static func write<Value>(
    _ values: [Value], between open: Unicode.Scalar, _ close: Unicode.Scalar, to bytes: inout [UInt8], indent: Int?,
    each: (Value, inout [UInt8], Int?) -> Void
  ) {
    func newline(_ indent: Int?) {
      guard let indent else { return }
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
    }
    bytes.append(UInt8(ascii: open))
    for (position, value) in values.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ",")) }
      newline(indent.map { $0 + 2 })
      each(value, &bytes, indent.map { $0 + 2 })
    }
    if !values.isEmpty { newline(indent) }
    bytes.append(UInt8(ascii: close))
  }

  /// Appends a string as JSON writes it: what is written by the thousand needs no tree.
  ///
  /// RFC 8259 section 7: what must be escaped is, nothing else, in the short form where there is one.
  package static func write(_ text: String, to bytes: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    bytes.append(quote)
    var text = text
    text.withUTF8 { text in
      // Unsafe code: the buffer's own bytes, without bounds checks.
      if unsafe text.contains(where: mustBeEscaped) {
        for place in 0..<text.count { unsafe write(text[place], to: &bytes) }
      } else {
        unsafe bytes.append(contentsOf: text)
      }
    }
    bytes.append(quote)
  }

  private static func mustBeEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func write(_ byte: UInt8, to bytes: inout [UInt8]) {
    let backslash = UInt8(ascii: "\\")
    switch byte {
    case UInt8(ascii: "\""), backslash: bytes += [backslash, byte]
    case 0x08: bytes += [backslash, UInt8(ascii: "b")]
    case 0x09: bytes += [backslash, UInt8(ascii: "t")]
    case 0x0A: bytes += [backslash, UInt8(ascii: "n")]
    case 0x0C: bytes += [backslash, UInt8(ascii: "f")]
    case 0x0D: bytes += [backslash, UInt8(ascii: "r")]
    case 0..<0x20:
      let digits = Array("0123456789abcdef".utf8)
      bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    default: bytes.append(byte)
    }
  }
}
