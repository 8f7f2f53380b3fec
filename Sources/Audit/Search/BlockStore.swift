// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Whole blocks in the tables.
enum BlockStore {
  /// One number for a part of a block, so that all blocks' parts for one term lie side by side.
  private static func id(part: Int64, block: Int64) -> Int64 { part << 40 | block }

  static func write(_ block: RecordBlock, into database: any TrailDatabase) throws {
    for (part, bytes) in block.storedParts().enumerated() {
      try database.execute(
        "INSERT INTO posting (id, entries) VALUES (?, ?)",
        [.number(id(part: Int64(part), block: block.number)), .bytes(bytes)])
    }
    try database.execute(
      "INSERT INTO block (number, earliest, latest) VALUES (?, ?, ?)",
      [.number(block.number), .number(block.earliest), .number(block.latest)])
  }

  /// How many blocks are written.
  static func count(in database: any TrailDatabase) throws -> Int64 {
    try database.number("SELECT max(number) + 1 FROM block") ?? 0
  }

  /// Numbers of the blocks with a record of at least `since` and one before `until`, in ascending order.
  static func numbers(
    from start: Int64, to end: Int64, since: Int64, until: Int64, _ database: any TrailDatabase
  ) throws -> [Int64] {
    try database.query(
      "SELECT number FROM block WHERE number >= ? AND number < ? AND latest >= ? AND earliest < ? ORDER BY number",
      [.number(start), .number(end), .number(since), .number(until)]
    ) { $0.number(0) ?? 0 }
  }

  /// The places in a block of the records that have a term.
  ///
  /// - Throws: `damaged` with the block's first record when the part is missing or broken.
  static func positions(of term: SearchTerm, block: Int64, in database: any TrailDatabase) throws -> PositionSet {
    let found = try database.query(
      "SELECT entries FROM posting WHERE id = ?", [.number(id(part: RecordBlock.part(of: term), block: block))]
    ) { try positions(of: term, block: block, in: $0, 0) }
    guard let positions = found.first else { throw damaged(block) }
    return positions
  }

  private static func positions(
    of term: SearchTerm, block: Int64, in row: any TrailRow, _ column: Int
  ) throws -> PositionSet {
    // The bytes are read while the array lives.
    let positions = row.bytes(column).flatMap {
      unsafe $0.withUnsafeBytes { unsafe RecordBlock.positions(of: term, in: $0) }
    }
    guard let positions else { throw damaged(block) }
    return positions
  }

  /// The parts of a run of blocks for one term, in order: they lie side by side, and a step is a fraction of a lookup.
  struct Walk {
    private let term: SearchTerm
    private let rows: TrailRows

    /// - Parameter blocks: the lowest and the highest number.
    init(_ term: SearchTerm, blocks: ClosedRange<Int64>, isAscending: Bool, in database: any TrailDatabase) throws {
      self.term = term
      let part = RecordBlock.part(of: term)
      rows = try database.rows(
        "SELECT id, entries FROM posting WHERE id >= ? AND id <= ? ORDER BY id \(isAscending ? "ASC" : "DESC")",
        [.number(id(part: part, block: blocks.lowerBound)), .number(id(part: part, block: blocks.upperBound))])
    }

    /// The places in a block, which comes after the one that was asked for last.
    func positions(block: Int64) throws -> PositionSet {
      let wanted = id(part: RecordBlock.part(of: term), block: block)
      while let row = try rows.next() {
        if row.number(0) == wanted { return try BlockStore.positions(of: term, block: block, in: row, 1) }
      }
      throw damaged(block)
    }
  }

  private static func damaged(_ block: Int64) -> AuditError {
    AuditError(.damaged, sequence: RecordBlock(number: block).sequences.lowerBound)
  }

  /// Goes on with a block, and those after it, to the last record that is in the tables: those of a version before blocks, and
  /// what other processes have written since. Blocks that nobody has written yet are written.
  static func extend(_ block: inout RecordBlock, in database: any TrailDatabase) throws {
    let written = try count(in: database)
    if block.number < written { block = RecordBlock(number: written) }
    let rows = try database.rows(
      "SELECT sequence, leaf, subject FROM record WHERE sequence >= ? ORDER BY sequence", [.number(block.next)])
    while let row = try rows.next() {
      guard let record = row.bytes(1).flatMap(AuditRecord.init(leaf:)), record.sequence == row.number(0) else {
        throw AuditError(.damaged, sequence: row.number(0))
      }
      block.append(SearchTerm.terms(of: record.entry, subject: row.number(2)), time: record.entry.time.milliseconds)
      if block.isWhole {
        try write(block, into: database)
        block = RecordBlock(number: block.number + 1)
      }
    }
  }
}
