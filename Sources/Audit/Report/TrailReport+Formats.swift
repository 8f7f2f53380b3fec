// SPDX-License-Identifier: Apache-2.0
import FHIR

extension TrailReport {
  /// How a report is written: what stands before the rows, which tells how many there are, each row, and what stands behind them. The
  /// bytes depend on the report alone.
  package enum Format: String, Sendable, CaseIterable {
    case html, csv, ndjson

    /// One row.
    package func row(_ cells: [String], of kind: Kind) -> [UInt8] {
      switch self {
      case .html: return Array("\(HTML.row(cells.map { HTML.escaped(Self.cut($0)) }))\n".utf8)
      case .csv: return CSV.line(cells)
      case .ndjson:
        let row = JSON.object(zip(kind.columns, cells).map { JSON.Member($0, .string($1)) })
        return row.encoded() + [UInt8(ascii: "\n")]
      }
    }

    /// Characters of a cell that a page shows: more than anybody says for a reason, and few enough that no row fills a page.
    private static let longestCell = 600

    /// A text that is too long for a page, by its beginning.
    private static func cut(_ cell: String) -> String {
      guard cell.count > longestCell else { return cell }
      return "\(cell.prefix(longestCell))\u{2026} (\(cell.count - longestCell) more characters in CSV and NDJSON)"
    }
  }

  /// What stands before the rows.
  package func start(_ format: Format) -> [UInt8] {
    switch format {
    case .html: Array(pageStart.utf8)
    case .csv:
      // RFC 4180 with a head. The facts and the checkpoint stand in the rows' form above it, so that the file says what it is.
      ([["report", kind.rawValue]] + facts.map { [$0.name, $0.value] }
        + [["checkpoint", checkpoint.description], [], kind.columns]).flatMap(CSV.line)
    case .ndjson: head.encoded() + [UInt8(ascii: "\n")]
    }
  }

  /// What stands behind them.
  package func end(_ format: Format) -> [UInt8] {
    guard format == .html else { return [] }
    return Array(
      """
      \(HTML.tableEnd)
      <h2>Made at the checkpoint</h2>
      <pre>\(HTML.escaped(checkpoint.description))</pre>
      \(HTML.pageEnd)
      """.utf8)
  }

  /// A page that prints well and loads nothing.
  private var pageStart: String {
    let facts = facts.map { (name: $0.name, value: HTML.escaped($0.value)) }
    return """
      \(HTML.pageStart(title: kind.title, paper: .landscape))
      \(HTML.facts(facts))
      <h2>Rows</h2>
      \(HTML.tableStart(kind.columns.map(HTML.escaped)))

      """
  }

  /// A head that says what it is, before an object a row.
  private var head: JSON {
    [
      "report": .string(kind.rawValue), "facts": .object(facts.map { JSON.Member($0.name, .string($0.value)) }),
      "checkpoint": .string(checkpoint.description),
    ]
  }
}

extension CSV {
  /// A line of fields.
  fileprivate static func line(_ cells: [String]) -> [UInt8] {
    Array((cells.map(field).joined(separator: ",") + "\r\n").utf8)
  }
}
