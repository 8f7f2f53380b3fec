// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import TestSupport
import Testing

/// What SQLite is given is what is stored, whatever the statement was given before.
@Suite struct BoundValueTests {
  private static let insertion = "INSERT INTO bound (number, text, bytes) VALUES (?, ?, ?)"

  private func store(_ directory: TemporaryDirectory) throws -> SQLiteStore {
    try FileManager.default.createDirectory(atPath: directory.data.path, withIntermediateDirectories: true)
    return try SQLiteStore(
      path: directory.data.path + "/bound.sqlite",
      tables: "CREATE TABLE bound (id INTEGER PRIMARY KEY, number INTEGER, text TEXT, bytes BLOB)")
  }

  private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String(format: "%02X", $0) }.joined()
  }

  @Test func everyValueIsStoredAsItIs() throws {
    let directory = TemporaryDirectory()
    let store = try store(directory)
    defer { try? store.close() }
    var random = SplitMix64(seed: 1)
    let texts: [String?] = [nil, "", "a", "\u{0}", "a\u{0}b", "é🙂", String(repeating: "x", count: 5000)]
    let rows: [(number: Int64?, text: String?, bytes: [UInt8]?)] = (0..<500).map { _ in
      let count = Int.random(in: 0...200, using: &random)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      return (
        Bool.random(using: &random) ? Int64.random(in: .min...(.max), using: &random) : nil,
        texts.randomElement(using: &random) ?? nil, Bool.random(using: &random) ? bytes : nil
      )
    }
    try store.write(before: nil) { database in
      for row in rows {
        try database.execute(Self.insertion, [.number(row.number), .text(row.text), .bytes(row.bytes)])
      }
    }
    let stored = try store.read { database in
      try database.query(
        "SELECT number, typeof(text), hex(text), typeof(bytes), hex(bytes) FROM bound ORDER BY id", []
      ) { row in (row.number(0), (1...4).map { row.text($0) ?? "" }) }
    }
    #expect(stored.count == rows.count)
    for (row, found) in zip(rows, stored) {
      #expect(found.0 == row.number)
      #expect(
        found.1 == [
          row.text == nil ? "null" : "text", hexadecimal((row.text ?? "").utf8),
          row.bytes == nil ? "null" : "blob", hexadecimal(row.bytes ?? []),
        ])
    }
  }

  @Test(arguments: [0, 1, 2, 4]) func anotherNumberOfValuesIsRefused(_ count: Int) throws {
    let directory = TemporaryDirectory()
    let store = try store(directory)
    defer { try? store.close() }
    try store.write(before: nil) { try $0.execute(Self.insertion, [.number(1), .text("a"), .bytes([1])]) }
    #expect(throws: (any Error).self) {
      try store.write(before: nil) { database in
        try database.execute(Self.insertion, (0..<count).map { .number(Int64($0)) })
      }
    }
    #expect(try store.read { try $0.number("SELECT count(*) FROM bound") } == 1)
  }

  @Test func aStatementThatWasAskedIsRunWithItsOwnValues() throws {
    let directory = TemporaryDirectory()
    let store = try store(directory)
    defer { try? store.close() }
    let returning = Self.insertion + " RETURNING number"
    try store.write(before: nil) { database in
      for number in [1, 3] as [Int64] {
        let found = try database.query(returning, [.number(number), .text(nil), .bytes(nil)]) { $0.number(0) }
        #expect(found == [number])
        try database.execute(returning, [.number(number + 1), .text(nil), .bytes(nil)])
      }
    }
    let stored = try store.read { try $0.query("SELECT number FROM bound ORDER BY id", []) { $0.number(0) } }
    #expect(stored == [1, 2, 3, 4])
  }
}
