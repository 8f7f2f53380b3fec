// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import GRDB

/// Whole blocks in SQLite.
enum BlockStore {
  /// One number for a part of a block, so that all blocks' parts for one term lie side by side.
  private static func id(part: Int64, block: Int64) -> Int64 { part << 40 | block }

  static func write(_ block: RecordBlock, into database: Database) throws {
    let insertPart = try database.cachedStatement(sql: "INSERT INTO posting (id, entries) VALUES (?, ?)")
    for (part, bytes) in block.storedParts().enumerated() {
      try insertPart.execute(arguments: [id(part: Int64(part), block: block.number), Data(bytes)])
    }
    let insert = try database.cachedStatement(sql: "INSERT INTO block (number, earliest, latest) VALUES (?, ?, ?)")
    try insert.execute(arguments: [block.number, block.earliest, block.latest])
  }

  /// How many blocks are written.
  static func count(in database: Database) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT max(number) + 1 FROM block") ?? 0
  }

  /// Numbers of the blocks with a record of at least `since` and one before `until`, in ascending order.
  static func numbers(
    from start: Int64, to end: Int64, since: Int64, until: Int64, _ database: Database
  ) throws -> [Int64] {
    try Int64.fetchAll(
      database,
      sql: "SELECT number FROM block WHERE number >= ? AND number < ? AND latest >= ? AND earliest < ? ORDER BY number",
      arguments: [start, end, since, until])
  }

  /// The places in a block of the records that have a term.
  ///
  /// - Throws: `damaged` with the block's first record when the part is missing or broken.
  static func positions(of term: SearchTerm, block: Int64, in database: Database) throws -> PositionSet {
    let select = try database.cachedStatement(sql: "SELECT entries FROM posting WHERE id = ?")
    let rows = try Row.fetchCursor(select, arguments: [id(part: RecordBlock.part(of: term), block: block)])
    guard let row = try rows.next() else { throw damaged(block) }
    return try positions(of: term, block: block, in: row, 0)
  }

  private static func positions(
    of term: SearchTerm, block: Int64, in row: Row, _ column: Int
  ) throws -> PositionSet {
    let positions = try row.withUnsafeData(atIndex: column) { data in
      // The bytes are SQLite's and live until the next step of the statement.
      unsafe data?.withUnsafeBytes { unsafe RecordBlock.positions(of: term, in: $0) }
    }
    guard let positions else { throw damaged(block) }
    return positions
  }

  /// The parts of a run of blocks for one term, in order: they lie side by side, and a step is a fraction of a lookup.
  struct Walk {
    private let term: SearchTerm
    private let rows: RowCursor

    /// - Parameter blocks: the lowest and the highest number.
    init(_ term: SearchTerm, blocks: ClosedRange<Int64>, isAscending: Bool, in database: Database) throws {
      self.term = term
      let part = RecordBlock.part(of: term)
      // A statement of its own: two walks go on at the same time.
      let select = try database.makeStatement(
        sql: "SELECT id, entries FROM posting WHERE id >= ? AND id <= ? ORDER BY id \(isAscending ? "ASC" : "DESC")")
      rows = try Row.fetchCursor(
        select, arguments: [id(part: part, block: blocks.lowerBound), id(part: part, block: blocks.upperBound)])
    }

    /// The places in a block, which comes after the one that was asked for last.
    func positions(block: Int64) throws -> PositionSet {
      let wanted = id(part: RecordBlock.part(of: term), block: block)
      while let row = try rows.next() {
        if row[0] as Int64 == wanted { return try BlockStore.positions(of: term, block: block, in: row, 1) }
      }
      throw damaged(block)
    }
  }

  private static func damaged(_ block: Int64) -> AuditError {
    AuditError(.damaged, sequence: RecordBlock(number: block).sequences.lowerBound)
  }

  /// The unfinished block of a trail of `records`, with the blocks before it written where they are not yet: a trail of a version
  /// before blocks has none.
  static func open(records: Int64, _ database: Database) throws -> RecordBlock {
    var block = RecordBlock(number: try count(in: database))
    let rows = try Row.fetchCursor(
      database,
      sql: "SELECT sequence, leaf, subject FROM record WHERE sequence >= ? ORDER BY sequence",
      arguments: [block.sequences.lowerBound])
    while let row = try rows.next() {
      let sequence: Int64 = row[0]
      guard let record = AuditRecord(leaf: Array(row[1] as Data)), record.sequence == sequence else {
        throw AuditError(.damaged, sequence: sequence)
      }
      block.append(SearchTerm.terms(of: record.entry, subject: row[2]), time: record.entry.time.milliseconds)
      if block.isWhole {
        try write(block, into: database)
        block = RecordBlock(number: block.number + 1)
      }
    }
    return block
  }
}
