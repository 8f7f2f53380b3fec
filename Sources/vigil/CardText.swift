// SPDX-License-Identifier: Apache-2.0
import CDSHooks

/// A card as a person reads it on a terminal: a frame, the summary, the detail, where it comes from.
struct CardText {
  let card: Card

  init(_ card: Card) {
    self.card = card
  }

  /// Columns of the frame.
  private static let width = 96

  /// The text, lines ended.
  var text: String {
    var lines = [
      "┌─ \(card.indicator.rawValue.uppercased()) "
        + String(repeating: "─", count: Self.width - 5 - card.indicator.rawValue.count)
    ]
    lines += Self.wrapped(card.summary)
    if let detail = card.detail {
      lines.append("├" + String(repeating: "─", count: Self.width))
      for line in detail.text.split(separator: "\n", omittingEmptySubsequences: false) {
        lines += Self.wrapped(String(line))
      }
    }
    lines.append("├" + String(repeating: "─", count: Self.width))
    lines += Self.wrapped("Source: \(card.source.label)")
    for link in card.links { lines += Self.wrapped("Link: \(link.label) <\(link.url)>") }
    lines.append("└" + String(repeating: "─", count: Self.width))
    return lines.joined(separator: "\n") + "\n"
  }

  /// The line broken at spaces, each part behind the frame; Markdown's escapes and marks are not shown.
  private static func wrapped(_ line: String) -> [String] {
    var parts: [String] = []
    var part = ""
    for word in plain(line).split(separator: " ", omittingEmptySubsequences: false) {
      if !part.isEmpty, part.count + word.count + 1 > width - 2 {
        parts.append("│ " + part)
        part = "  "
      }
      part += part.isEmpty || part == "  " ? String(word) : " " + word
    }
    return parts + ["│ " + part]
  }

  /// GitHub-flavoured Markdown without backslashes before punctuation and without emphasis.
  private static func plain(_ markdown: String) -> String {
    var text = ""
    var characters = markdown.makeIterator()
    while let character = characters.next() {
      switch character {
      case "\\": if let next = characters.next() { text.append(next) }
      case "*", "`": continue
      default: text.append(character)
      }
    }
    return text
  }
}
