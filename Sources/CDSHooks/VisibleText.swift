// SPDX-License-Identifier: Apache-2.0

/// Text of a chart as it may be shown: nothing in it is hidden, and nothing in it changes how other text is read.
public enum VisibleText {
  /// Writes characters that show nothing, reorder text or control a terminal as `[U+202E]`.
  ///
  /// These are Unicode's control and format characters, line and paragraph separators, whatever is default-ignorable
  /// (zero-width spaces and joiners, tags, variation selectors), and what is unassigned or for private use.
  public static func of(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      if isVisible(scalar) {
        shown.unicodeScalars.append(scalar)
      } else {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        shown += "[U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
      }
    }
    return shown
  }

  /// Plain text cut to fewer than 140 characters, at the end of a grapheme, with an ellipsis where something is missing.
  ///
  /// Characters are counted as UTF-16 units, as a browser does, so that the text is short enough however a client counts.
  public static func summary(_ text: String) -> String {
    let text = of(text)
    guard text.utf16.count > longestSummary else { return text }
    var cut = ""
    var units = 0
    for character in text {
      units += character.utf16.count
      guard units < longestSummary else { break }
      cut.append(character)
    }
    return cut + "…"
  }

  /// The longest summary: "less than 140 characters" (cds-hooks 2.0, Card attributes).
  static let longestSummary = 139

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    if scalar.properties.isDefaultIgnorableCodePoint { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
    default: return true
    }
  }
}
