// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A card as a person reads it on a terminal: a frame, the summary, the detail, where it comes from.
struct CardText {
  let card: Node

  /// - Parameter card: a card as it stands in a response.
  init(_ card: Node) {
    self.card = card
  }

  /// Columns of the frame.
  private static let width = 98

  /// The text, lines ended.
  var text: String {
    let indicator = card["indicator"]?.string ?? ""
    let rule = "├" + String(repeating: "─", count: Self.width)
    var lines = ["┌─ \(indicator.uppercased()) " + String(repeating: "─", count: Self.width - 3 - indicator.count)]
    lines += Self.wrapped(card["summary"]?.string ?? "")
    if let detail = card["detail"]?.string {
      lines.append(rule)
      lines += Self.block(detail)
    }
    lines.append(rule)
    lines += Self.wrapped("Source: \(card["source"]?["label"]?.string ?? "")")
    for link in card.elements("links") {
      lines += Self.wrapped("Link: \(link["label"]?.string ?? "") <\(link["url"]?.string ?? "")>")
    }
    lines.append("└" + String(repeating: "─", count: Self.width))
    return lines.joined(separator: "\n") + "\n"
  }

  /// GitHub-flavoured Markdown as plain lines: tables in columns, everything else broken at spaces.
  private static func block(_ markdown: String) -> [String] {
    var lines: [String] = []
    var table: [[String]] = []
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("| ") {
        let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        if !line.hasPrefix("| -") { table.append(cells.map { plain($0.trimmed) }) }
        continue
      }
      lines += columns(table)
      table = []
      lines += wrapped(plain(line))
    }
    return lines + columns(table)
  }

  /// Rows with each column as wide as its longest cell.
  private static func columns(_ rows: [[String]]) -> [String] {
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
      return "│   " + cells.joined(separator: "  ")
    }
  }

  /// The line broken at spaces, each part behind the frame.
  private static func wrapped(_ line: String) -> [String] {
    var parts: [String] = []
    var part = ""
    for word in line.split(separator: " ") {
      if !part.isEmpty, part.count + word.count + 1 > width - 2 {
        parts.append("│ " + part)
        part = line.hasPrefix("- ") ? "  " + word : String(word)
      } else {
        part += part.isEmpty ? String(word) : " " + word
      }
    }
    return parts + ["│ " + part]
  }

  /// The text without backslashes before punctuation and without marks of emphasis.
  private static func plain(_ markdown: Substring) -> String {
    var text = ""
    var characters = markdown.makeIterator()
    while let character = characters.next() {
      switch character {
      case "\\": if let next = characters.next() { text.append(next) }
      case "*", "`", "_": continue
      default: text.append(character)
      }
    }
    return text
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
