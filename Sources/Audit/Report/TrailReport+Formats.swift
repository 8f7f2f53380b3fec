// SPDX-License-Identifier: Apache-2.0
import FHIR

extension TrailReport {
  /// How a report is written.
  package enum Format: String, Sendable, CaseIterable { case html, csv, ndjson }

  /// The report's bytes, which depend on the report alone.
  package func bytes(_ format: Format) -> [UInt8] {
    switch format {
    case .html: Array(html.utf8)
    case .csv: csv
    case .ndjson: ndjson
    }
  }

  /// A page that prints well and loads nothing.
  private var html: String {
    let facts = facts.map { [HTML.escaped($0.name), HTML.escaped($0.value)] }
    return HTML.page(
      title: kind.title,
      """
      \(HTML.table(["", ""], facts))
      <h2>Rows</h2>
      \(HTML.table(columns.map(HTML.escaped), rows.map { $0.map(HTML.escaped) }))
      <h2>Made at the checkpoint</h2>
      <pre>\(HTML.escaped(checkpoint.description))</pre>
      """)
  }

  /// A head that says what it is, then an object a row.
  private var ndjson: [UInt8] {
    let head: JSON = [
      "report": .string(kind.rawValue), "facts": .object(facts.map { JSON.Member($0.name, .string($0.value)) }),
      "checkpoint": .string(checkpoint.description),
    ]
    let lines =
      [head]
      + rows.map { row in JSON.object(zip(columns, row).map { JSON.Member($0, .string($1)) }) }
    return lines.flatMap { $0.encoded() + [UInt8(ascii: "\n")] }
  }

  /// RFC 4180 with a head. The facts and the checkpoint stand in the rows' form above it, so that the file says what it is.
  private var csv: [UInt8] {
    var lines = [["report", kind.rawValue]] + facts.map { [$0.name, $0.value] }
    lines.append(["checkpoint", checkpoint.description])
    lines += [[], columns] + rows
    return lines.flatMap { Array(($0.map(CSV.field).joined(separator: ",") + "\r\n").utf8) }
  }
}
