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
  static func table(_ columns: [(title: String, name: String)], _ rows: [JSON], style: String = "") -> String {
    table(columns.map(\.title), rows.map { row in columns.map { text(row[$0.name]) } }, style: style)
  }

  /// A table of cells that are HTML already.
  ///
  /// - Parameter style: the name of a class, beside what the number of columns asks for.
  static func table(_ titles: [String], _ rows: [[String]], style: String = "") -> String {
    guard !rows.isEmpty else { return "<p>None.</p>" }
    return "\(tableStart(titles, style: style))\n\(rows.map(row).joined(separator: "\n"))\n\(tableEnd)"
  }

  /// The same without the columns in which no row says anything.
  static func filledTable(_ titles: [String], _ rows: [[String]]) -> String {
    let filled = titles.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    return table(filled.map { titles[$0] }, rows.map { row in filled.map { row[$0] } })
  }

  /// A table before its rows. What has many columns is set smaller on paper.
  static func tableStart(_ titles: [String], style: String = "") -> String {
    let style = [style, titles.count > 10 ? "wide" : ""].filter { !$0.isEmpty }.joined(separator: " ")
    let attribute = style.isEmpty ? "" : " class=\"\(style)\""
    let head = titles.map { "<th scope=\"col\">\($0)</th>" }.joined()
    return "<div class=\"scroll\"><table\(attribute)><thead><tr>\(head)</tr></thead><tbody>"
  }

  /// A table behind its rows.
  static let tableEnd = "</tbody></table></div>"

  /// A row of cells that are HTML already.
  static func row(_ cells: [String]) -> String { "<tr>\(cells.map(cell).joined())</tr>" }

  /// Names with their values, which are HTML already; those without a value are left out.
  static func facts(_ rows: [(name: String, value: String)]) -> String {
    let rows = rows.filter { !$0.value.isEmpty }.map {
      "<tr><th scope=\"row\">\(escaped($0.name))</th>\(cell($0.value))</tr>"
    }
    return
      "<div class=\"scroll\"><table class=\"facts\"><tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table></div>"
  }

  /// The longest run of characters that is a word: an instant has 24.
  private static let longestWord = 26

  /// A cell. A single word (a number, a time, a code) is not broken, which browsers do behind hyphens; what holds a longer one than any
  /// word may be broken anywhere.
  private static func cell(_ html: String) -> String {
    if html.isEmpty || html.contains("<") { return "<td>\(html)</td>" }
    let words = html.split(whereSeparator: \.isWhitespace)
    if words.contains(where: { $0.count > longestWord }) { return "<td class=\"long\">\(html)</td>" }
    return words.count == 1 ? "<td class=\"word\">\(html)</td>" : "<td>\(html)</td>"
  }
}

extension JSON {
  /// The entries of an array member; none when it is not there.
  func list(_ name: String) -> [JSON] {
    guard case .array(let entries)? = self[name] else { return [] }
    return entries
  }
}
