// SPDX-License-Identifier: Apache-2.0

/// GitHub-flavoured Markdown in which interpolated text is data.
///
/// A string that is interpolated is escaped so that a reader sees exactly its characters and no link, image, heading,
/// HTML or table arises from it. Literals are markup. There is no other way to put text in.
///
///     let detail: Markdown = "**Unit** \(observation.unit)"
public struct Markdown: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  /// The Markdown source.
  public private(set) var text: String

  /// Markup written in the program.
  public init(stringLiteral value: String) {
    text = value
  }

  /// Markup with data.
  public init(stringInterpolation: StringInterpolation) {
    text = stringInterpolation.text
  }

  /// Data only.
  public init(escaping data: String) {
    text = Self.escape(data)
  }

  /// Appends Markdown.
  public static func += (left: inout Markdown, right: Markdown) {
    append(right.text, to: &left.text)
  }

  /// Pieces with a separator between them.
  public static func joined(_ pieces: [Markdown], separator: Markdown) -> Markdown {
    var joined: Markdown = ""
    for (index, piece) in pieces.enumerated() {
      if index > 0 { joined += separator }
      joined += piece
    }
    return joined
  }

  /// Collects literals as they are and data escaped.
  public struct StringInterpolation: StringInterpolationProtocol, Sendable {
    var text: String

    /// Makes room.
    public init(literalCapacity: Int, interpolationCount: Int) {
      text = ""
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    /// Markup written in the program.
    public mutating func appendLiteral(_ literal: String) {
      text += literal
    }

    /// Data: escaped.
    public mutating func appendInterpolation(_ data: String) {
      Markdown.append(Markdown.escape(data), to: &text)
    }

    /// A number: nothing in it needs escaping.
    public mutating func appendInterpolation(_ number: Int) {
      text += String(number)
    }

    /// Markdown that has been built by the same rules.
    public mutating func appendInterpolation(_ markdown: Markdown) {
      Markdown.append(markdown.text, to: &text)
    }
  }

  /// Whether `www` ends here, or may have begun before the data.
  private static func endsInAutolinkStart(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
    let run = scalars.reversed().prefix { $0 == "w" || $0 == "W" }.count
    return run >= 3 || run > 0 && run == scalars.count
  }

  /// Appends a piece; code spans of `@` that meet become one, since two side by side would be read as another one.
  private static func append(_ piece: String, to text: inout String) {
    if text.hasSuffix("@`"), piece.hasPrefix("`@") {
      text.removeLast()
      text += piece.dropFirst()
    } else {
      text += piece
    }
  }

  /// Escapes data for GitHub-flavoured Markdown, inline and in table cells, whatever stands before and after it.
  ///
  /// CommonMark lets a backslash make ASCII punctuation literal. Some characters are active anywhere; some only at the
  /// start of a line, which the start of the data may be; `:` and `.` where an autolink may begin, `http:` or `www.`. Two
  /// things need more: GFM finds e-mail addresses in the text after unescaping, so `@` stands in a code span of its own;
  /// and spaces that could indent a line or end it with a break are written as entities, which are never structure
  /// (CommonMark 0.31 section 2.5).
  static func escape(_ data: String) -> String {
    // Most data are words and numbers, in which nothing is active.
    if data.utf8.allSatisfy(WireFormat.isAlphanumeric) { return data }
    let scalars = Array(VisibleText.of(data).unicodeScalars)
    let digits = scalars.prefix { ("0"..."9").contains($0) }.count
    var escaped = ""
    for (index, scalar) in scalars.enumerated() {
      let previous = index > 0 ? scalars[index - 1] : nil
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      switch scalar {
      case "@":
        // A run of them shares one span: two spans side by side would be read as one.
        if previous != "@" { escaped += "`" }
        escaped += "@"
        if next != "@" { escaped += "`" }
        continue
      case " " where previous == nil || previous == " " || next == nil:
        escaped += "&#32;"
        continue
      case "\\", "`", "*", "_", "[", "]", "<", "#", "|", "~", "&", "$":
        escaped += "\\"
      case _ where previous == nil && ["-", "+", "=", ">"].contains(scalar):
        escaped += "\\"
      case _ where index == digits && (next == nil || next == " ") && [".", ")"].contains(scalar):
        escaped += "\\"
      case "." where endsInAutolinkStart(scalars[..<index]):
        escaped += "\\"
      case ":" where previous == nil || next == nil || next == "/":
        escaped += "\\"
      default: break
      }
      escaped.unicodeScalars.append(scalar)
    }
    return escaped
  }
}
