// SPDX-License-Identifier: Apache-2.0

/// A value that a statement is given; nil is NULL.
package enum TrailValue: Sendable {
  case number(Int64?)
  case text(String?)
  case bytes([UInt8]?)
}

/// A row of a query. A column of another kind than it is asked for reads as nil.
package protocol TrailRow {
  /// The number in a column, counted from 0; nil for NULL.
  func number(_ column: Int) -> Int64?
  /// The text in a column.
  func text(_ column: Int) -> String?
  /// The bytes in a column.
  func bytes(_ column: Int) -> [UInt8]?
  /// Appends the bytes in a column, or its text as UTF-8; false for NULL. For many rows, which are not to be an allocation a column.
  func append(_ column: Int, to bytes: inout [UInt8]) -> Bool
}

extension TrailRow {
  package func append(_ column: Int, to bytes: inout [UInt8]) -> Bool {
    guard let found = self.bytes(column) ?? text(column).map({ Array($0.utf8) }) else { return false }
    bytes += found
    return true
  }
}

/// Rows that are read as they are asked for.
package struct TrailRows {
  /// The next row, which lives until the one after it; nil behind the last.
  package let next: () throws -> (any TrailRow)?
}

/// The tables of a trail within one transaction or one snapshot. What is said to it is SQL that SQLite and PostgreSQL both know,
/// with `?` for each value: the two differ in how tables are made and how a transaction begins.
package protocol TrailDatabase {
  /// Runs a statement. That it is refused may come to light with a later one, with the commit at the latest: many of them then
  /// wait for the network once.
  func execute(_ sql: String, _ values: [TrailValue]) throws
  /// Runs a statement and says how many rows it changed.
  func change(_ sql: String, _ values: [TrailValue]) throws -> Int
  /// Reads a few rows, all at once.
  func query<Value>(_ sql: String, _ values: [TrailValue], _ value: (any TrailRow) throws -> Value) throws -> [Value]
  /// Reads any number of rows, a few at a time.
  func rows(_ sql: String, _ values: [TrailValue]) throws -> TrailRows
}

extension TrailDatabase {
  /// The first column of the first row.
  package func number(_ sql: String, _ values: [TrailValue] = []) throws -> Int64? {
    try query(sql, values) { $0.number(0) }.first ?? nil
  }

  /// The number of the last record; 0 in an empty trail.
  func lastRecord() throws -> Int64 { try number("SELECT max(sequence) FROM record") ?? 0 }
}
