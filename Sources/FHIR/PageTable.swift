// SPDX-License-Identifier: Apache-2.0

/// A table whose cells are HTML already, each with the title of its column for narrow screens, where a row becomes a block.
package struct PageTable {
  private let titles: [String]
  private let rows: [[String]]

  /// - Parameter rows: each with a cell for each title.
  package init(titles: [String], rows: [[String]]) {
    (self.titles, self.rows) = (titles, rows)
  }

  /// The table.
  package var html: String {
    let head = titles.map { "<th scope=\"col\">\($0)</th>" }.joined()
    let body = rows.map { cells in
      "<tr>" + zip(titles, cells).map { "<td data-title=\"\($0)\">\($1)</td>" }.joined() + "</tr>"
    }
    return "<table><thead><tr>\(head)</tr></thead><tbody>\(body.joined(separator: "\n"))</tbody></table>"
  }
}
