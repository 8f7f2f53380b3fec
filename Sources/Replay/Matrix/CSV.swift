// SPDX-License-Identifier: Apache-2.0

/// Comma-separated values as RFC 4180 has them.
package enum CSV {
  /// A field: quoted where it must be, and never read as a formula by a spreadsheet (OWASP, CSV injection) unless it is a number.
  package static func field(_ text: String) -> String {
    var text = text
    if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first), Double(text) == nil {
      text = "'" + text
    }
    guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
