// SPDX-License-Identifier: Apache-2.0

/// The Markdown of our own cards as HTML: paragraphs, lists, tables, bold and emphasis, and everything that `Markdown` escapes
/// taken for what it says. It is no reader of any other Markdown; what it does not know it shows as text. No markup comes out of it
/// but its own elements: every other character is escaped.
package struct CardMarkdown {
  /// What an empty line separates.
  package let blocks: [String]

  /// Takes a card's detail apart.
  package init(_ text: String) {
    blocks = text.split(separator: "\n\n").map(String.init)
  }

  /// All blocks.
  package var html: String { blocks.map(Self.html).joined(separator: "\n") }

  /// One block.
  package static func html(_ block: String) -> String {
    let lines = block.split(separator: "\n").map(String.init)
    if lines.allSatisfy({ $0.hasPrefix("- ") }) {
      return "<ul>" + lines.map { "<li>\(inline($0.dropFirst(2)))</li>" }.joined() + "</ul>"
    }
    if lines.count > 1, lines.allSatisfy({ $0.hasPrefix("|") }), lines[1].allSatisfy("|-: ".contains) {
      let (titles, rows) = (cells(lines[0]), lines.dropFirst(2).map(cells))
      // A row of another length is no row of this table: no cell may go unseen.
      if rows.allSatisfy({ $0.count == titles.count }) { return PageTable(titles: titles, rows: rows).html }
    }
    return "<p>\(inline(Substring(lines.joined(separator: " "))))</p>"
  }

  private static func cells(_ line: String) -> [String] {
    var cells: [Substring] = []
    var (start, isEscaped) = (line.startIndex, false)
    for index in line.indices {
      if line[index] == "|", !isEscaped {
        cells.append(line[start..<index])
        start = line.index(after: index)
      }
      isEscaped = line[index] == "\\" && !isEscaped
    }
    return cells.dropFirst().map { inline(Substring($0.trimmingSpaces)) }
  }

  /// Text with its marks as elements and every other character as itself.
  static func inline(_ text: Substring) -> String {
    var html = ""
    var plain = ""
    var open: [String] = []
    func flush() {
      html += HTML.escaped(plain)
      plain = ""
    }
    func toggle(_ element: String) {
      flush()
      if open.last == element {
        open.removeLast()
        html += "</\(element)>"
      } else {
        open.append(element)
        html += "<\(element)>"
      }
    }
    var rest = text
    while let character = rest.popFirst() {
      switch character {
      case "\\": plain.append(rest.popFirst() ?? "\\")
      case "*" where rest.first == "*":
        rest.removeFirst()
        toggle("b")
      case "_": toggle("em")
      case "`":
        plain += rest.prefix { $0 != "`" }
        rest = rest.drop { $0 != "`" }.dropFirst()
      case "&" where rest.hasPrefix("#32;"):
        rest.removeFirst(4)
        plain.append(" ")
      default: plain.append(character)
      }
    }
    flush()
    for element in open.reversed() { html += "</\(element)>" }
    return html
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
