// SPDX-License-Identifier: Apache-2.0

/// Comma-separated values as RFC 4180 has them.
package enum CSV {
  /// A field: quoted where it must be, and taken for text by a spreadsheet. What would begin a formula gets an apostrophe before it
  /// (OWASP, CSV injection), also behind what a spreadsheet that is set to semicolons or tabs ends a cell at, within quotes or not. A
  /// number does not.
  package static func field(_ text: String) -> String {
    // Most cells hold nothing that could end one or begin a formula.
    if text.utf8.first != UInt8(ascii: "-"), text.utf8.allSatisfy(isPlain) { return text }
    if Double(text) != nil { return text }
    var cell = ""
    var isBeginning = true
    for scalar in text.unicodeScalars {
      let isFormula = "=+-@".unicodeScalars.contains(scalar) || scalar.value > 0xFF00
      if isBeginning && isFormula || cell.isEmpty && "\t\r\n".unicodeScalars.contains(scalar) { cell += "'" }
      if scalar == "\"" { cell += "\"" }
      cell.unicodeScalars.append(scalar)
      // Spaces at the beginning of a cell are passed over by some.
      isBeginning = ";\t\r\n".unicodeScalars.contains(scalar) || (isBeginning && scalar == " ")
    }
    let mustBeQuoted = text.unicodeScalars.contains { ",;\"\t\r\n'".unicodeScalars.contains($0) }
    return mustBeQuoted ? "\"\(cell)\"" : cell
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default:
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/")
    }
  }
}
