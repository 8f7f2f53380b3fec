// SPDX-License-Identifier: Apache-2.0
/// The tree's tiles and signed heads in the tables.
enum TileStore {
  /// One number for a tile's place, so that the table needs no index beside itself.
  private static func id(level: Int, position: Int64) -> Int64 { Int64(level) << 48 | position }

  static func tile(level: Int, position: Int64, in database: any TrailDatabase) throws -> MerkleTile? {
    let id = id(level: level, position: position)
    return try database.query("SELECT hashes FROM tile WHERE id = ?", [.number(id)]) {
      $0.bytes(0).flatMap { MerkleTile(level: level, position: position, bytes: $0) }
    }.first ?? nil
  }

  /// Writes tiles that are new or have grown.
  static func write(_ tiles: [MerkleTile], into database: any TrailDatabase) throws {
    for tile in tiles {
      try database.execute(
        "INSERT INTO tile (id, hashes) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes",
        [.number(id(level: tile.level, position: tile.position)), .bytes(tile.bytes)])
    }
  }

  /// Hashes of whole subtrees, for proofs; a tile that is missing or too short is damage.
  static func nodes(in database: any TrailDatabase) -> MerkleProof.Nodes<any Error> {
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
  static func head(in database: any TrailDatabase) throws -> (size: Int64, note: String)? {
    try database.query("SELECT size, note FROM head WHERE id = 1", []) { ($0.number(0) ?? 0, $0.text(1) ?? "") }.first
  }

  /// What the newest checkpoint says; nil where there is none.
  static func checkpoint(in database: any TrailDatabase) throws -> Checkpoint? {
    try head(in: database).flatMap { SignedNote($0.note) }.flatMap { Checkpoint(text: $0.text) }
  }

  /// Replaces the newest checkpoint, and keeps it for good when `keeping`.
  static func write(size: Int64, note: String, keeping: Bool, into database: any TrailDatabase) throws {
    try database.execute(
      """
      INSERT INTO head (id, size, note) VALUES (1, ?, ?)
      ON CONFLICT (id) DO UPDATE SET size = excluded.size, note = excluded.note
      """, [.number(size), .text(note)])
    if keeping { try keep(size: size, note: note, into: database) }
  }

  /// Writes the newest checkpoint as it is: what was read before is as durable as this when the transaction is.
  static func touchHead(in database: any TrailDatabase) throws {
    try database.execute("UPDATE head SET size = size WHERE id = 1", [])
  }

  /// Keeps a checkpoint for good.
  static func keep(size: Int64, note: String, into database: any TrailDatabase) throws {
    try database.execute(
      "INSERT INTO checkpoint (size, note) VALUES (?, ?) ON CONFLICT DO NOTHING", [.number(size), .text(note)])
  }
}
