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
    left.text += right.text
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
      text += Markdown.escape(data)
    }

    /// A number: nothing in it needs escaping.
    public mutating func appendInterpolation(_ number: Int) {
      text += String(number)
    }

    /// Markdown that has been built by the same rules.
    public mutating func appendInterpolation(_ markdown: Markdown) {
      text += markdown.text
    }
  }

  /// Escapes data for GitHub-flavoured Markdown, inline and in table cells.
  ///
  /// CommonMark lets a backslash make any ASCII punctuation literal; that also stops autolinks of `www.` and `http:`
  /// and, at the start of a line, headings, lists and quotes. Two things need more: GFM finds e-mail addresses in the
  /// text after unescaping, so `@` stands in a code span of its own; and spaces that could indent a line or end it with a
  /// break are written as entities, which are never structure (CommonMark 0.31 section 2.5).
  static func escape(_ data: String) -> String {
    let scalars = Array(VisibleText.of(data).unicodeScalars)
    var escaped = ""
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "@":
        // A run of them shares one span: two spans side by side would be read as one.
        if index == 0 || scalars[index - 1] != "@" { escaped += "`" }
        escaped += "@"
        if index + 1 == scalars.count || scalars[index + 1] != "@" { escaped += "`" }
      case " ":
        let isInside = index > 0 && index + 1 < scalars.count && scalars[index - 1] != " "
        escaped += isInside ? " " : "&#32;"
      case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "<", ">", "#", "+", "-", ".", "!", "|", "~", "&", ":",
        "$", "=", "^":
        escaped += "\\"
        escaped.unicodeScalars.append(scalar)
      default:
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
