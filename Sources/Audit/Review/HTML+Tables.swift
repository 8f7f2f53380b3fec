// SPDX-License-Identifier: Apache-2.0
import FHIR

extension HTML {
  /// A value as a person reads it; empty for none.
  static func text(_ value: JSON?) -> String {
    switch value {
    case nil, .null: ""
    case .string(let text): escaped(text)
    case .number(let literal): escaped(literal)
    case .boolean(let value): value ? "yes" : "no"
    case .array(let values): values.map { text($0) }.joined(separator: ", ")
    case .object(let members): members.map { "\(escaped($0.name)): \(text($0.value))" }.joined(separator: "; ")
    }
  }

  /// A table of objects, a column for each name; "none" where there are no rows.
  static func table(_ columns: [(title: String, name: String)], _ rows: [JSON]) -> String {
    table(columns.map(\.title), rows.map { row in columns.map { text(row[$0.name]) } })
  }

  /// A table of cells that are HTML already.
  static func table(_ titles: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "<p>None.</p>" }
    return "<table>\(head(titles))\n\(rows.map(row).joined(separator: "\n"))\n</table>"
  }

  /// The row of a table's titles.
  static func head(_ titles: [String]) -> String { "<tr>\(titles.map { "<th>\($0)</th>" }.joined())</tr>" }

  /// A row of cells that are HTML already.
  static func row(_ cells: [String]) -> String { "<tr>\(cells.map { "<td>\($0)</td>" }.joined())</tr>" }

  /// A whole page that prints well and loads nothing.
  static func page(title: String, _ body: String) -> String { "\(pageStart(title: title))\n\(body)\n\(pageEnd)" }

  /// A page before what stands on it.
  static func pageStart(title: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <style>
    :root { color-scheme: light dark; --ink: #111; --page: #fff; --line: #aaa; --head: #eee }
    @media screen and (prefers-color-scheme: dark) { :root { --ink: #ddd; --page: #181818; --line: #555; --head: #2a2a2a } }
    body { background: var(--page); color: var(--ink); font: 10pt/1.45 sans-serif; margin: 1.5cm; max-width: 24cm }
    h1 { font-size: 16pt } h2 { font-size: 13pt; margin-top: 1.4em; border-bottom: 1px solid var(--line) } h3 { font-size: 11pt }
    table { border-collapse: collapse; margin: 0.4em 0 } th, td { border: 1px solid var(--line); padding: 0.15em 0.5em; text-align: left;
    vertical-align: top; overflow-wrap: anywhere } th { background: var(--head) }
    pre, .mono { font: 9pt/1.4 monospace; white-space: pre-wrap; overflow-wrap: anywhere }
    .card { border: 1px solid var(--line); padding: 0.3em 0.8em; margin: 0.5em 0; break-inside: avoid } tr { break-inside: avoid }
    </style></head><body>
    <h1>\(escaped(title))</h1>
    """
  }

  /// A page behind what stands on it.
  static let pageEnd = "</body></html>\n"
}

extension JSON {
  /// The entries of an array member; none when it is not there.
  func list(_ name: String) -> [JSON] {
    guard case .array(let entries)? = self[name] else { return [] }
    return entries
  }
}
