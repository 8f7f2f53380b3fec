// SPDX-License-Identifier: Apache-2.0

/// All that a trail consists of, from one store's tables into another's empty ones.
enum TrailCopy {
  private enum Kind { case number, text, bytes }

  /// Each table behind those that it refers to.
  private static let tables: [(name: String, columns: [(name: String, kind: Kind)])] = [
    ("subject_key", [("id", .number), ("pseudonym", .bytes), ("wrapped", .bytes)]),
    (
      "record",
      [
        ("sequence", .number), ("leaf", .bytes), ("time", .number), ("kind", .text), ("service", .text),
        ("hook_instance", .text), ("patient", .bytes), ("status", .number), ("subject", .number),
      ]
    ),
    ("payload", [("sequence", .number), ("encoding", .number), ("bytes", .bytes), ("subject", .number)]),
    ("tile", [("id", .number), ("hashes", .bytes)]),
    ("checkpoint", [("size", .number), ("note", .text)]),
    ("head", [("id", .number), ("size", .number), ("note", .text)]),
    ("cosignature", [("size", .number), ("witness", .text), ("line", .text)]),
    ("hold", [("pseudonym", .bytes), ("sequence", .number), ("released", .number)]),
    ("posting", [("id", .number), ("entries", .bytes)]),
    ("block", [("number", .number), ("earliest", .number), ("latest", .number)]),
  ]

  static func copy(_ source: any TrailDatabase, into target: any TrailDatabase) throws {
    for (table, columns) in tables {
      let names = columns.map(\.name).joined(separator: ", ")
      let places = columns.map { _ in "?" }.joined(separator: ", ")
      let rows = try source.rows("SELECT \(names) FROM \(table)", [])
      while let row = try rows.next() {
        let values = columns.enumerated().map { place, column -> TrailValue in
          switch column.kind {
          case .number: .number(row.number(place))
          case .text: .text(row.text(place))
          case .bytes: .bytes(row.bytes(place))
          }
        }
        try target.execute("INSERT INTO \(table) (\(names)) VALUES (\(places))", values)
      }
    }
  }
}
