// SPDX-License-Identifier: Apache-2.0

/// Comma-separated values as RFC 4180 has them.
package enum CSV {
  /// A field: quoted where it must be, and taken for text by a spreadsheet. One that would begin a formula gets an apostrophe before
  /// it (OWASP, CSV injection) unless it is a number.
  package static func field(_ text: String) -> String {
    let mustBeQuoted = text.unicodeScalars.contains { ",\"\r\n'".unicodeScalars.contains($0) }
    let isFormula = text.unicodeScalars.first.map { first in
      Double(text) == nil && ("=+-@\t\r\n".unicodeScalars.contains(first) || first.value > 0xFF00)
    }
    let cell = (isFormula == true ? "'" : "") + text
    return mustBeQuoted ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
  }
}
