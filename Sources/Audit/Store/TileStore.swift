// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// The tree's tiles and signed heads in SQLite.
enum TileStore {
  /// One number for a tile's place, so that the table needs no index beside itself.
  private static func id(level: Int, position: Int64) -> Int64 { Int64(level) << 48 | position }

  static func tile(level: Int, position: Int64, in database: Database) throws -> MerkleTile? {
    let statement = try database.cachedStatement(sql: "SELECT hashes FROM tile WHERE id = ?")
    return try Data.fetchOne(statement, arguments: [id(level: level, position: position)]).flatMap {
      MerkleTile(level: level, position: position, bytes: Array($0))
    }
  }

  /// Writes tiles that are new or have grown.
  static func write(_ tiles: [MerkleTile], into database: Database) throws {
    let update = try database.cachedStatement(sql: "UPDATE tile SET hashes = ? WHERE id = ?")
    let insert = try database.cachedStatement(sql: "INSERT INTO tile (hashes, id) VALUES (?, ?)")
    for tile in tiles {
      let arguments: StatementArguments = [Data(tile.bytes), id(level: tile.level, position: tile.position)]
      try update.execute(arguments: arguments)
      if database.changesCount == 0 { try insert.execute(arguments: arguments) }
    }
  }

  /// Hashes of whole subtrees, for proofs; a tile that is missing or too short is damage.
  static func nodes(in database: Database) -> MerkleProof.Nodes<any Error> {
    var read: [Int64: MerkleTile] = [:]
    return { level, index in
      let place = MerkleTile.place(level: level, index: index)
      let key = id(level: place.level, position: place.position)
      let tile = try read[key] ?? Self.tile(level: place.level, position: place.position, in: database)
      guard let tile, place.hashes.upperBound <= tile.hashes.count else {
        throw AuditError(.treeDamaged, sequence: (index << Int64(level)) + 1)
      }
      read[key] = tile
      return MerkleHash.root(over: tile.hashes[place.hashes])
    }
  }

  // MARK: - Heads

  /// The newest checkpoint, with the log's signature.
  static func head(in database: Database) throws -> (size: Int64, note: String)? {
    try Row.fetchOne(database, sql: "SELECT size, note FROM head WHERE id = 1").map { ($0["size"], $0["note"]) }
  }

  /// Replaces the newest checkpoint, and keeps it for good when `keeping`.
  static func write(size: Int64, note: String, keeping: Bool, into database: Database) throws {
    let head = try database.cachedStatement(
      sql: "INSERT INTO head (id, size, note) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET size = ?, note = ?")
    try head.execute(arguments: [size, note, size, note])
    guard keeping else { return }
    let keep = try database.cachedStatement(sql: "INSERT OR IGNORE INTO checkpoint (size, note) VALUES (?, ?)")
    try keep.execute(arguments: [size, note])
  }
}
