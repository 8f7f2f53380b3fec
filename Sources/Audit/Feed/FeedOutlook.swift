// SPDX-License-Identifier: Apache-2.0

/// What a turn of the feed begins with, read in one snapshot: how far the trail was sent, what comes next, and that both are the tree's.
struct FeedOutlook: Sendable {
  /// As it lies beside the trail; nil where none does.
  let position: FeedPosition?
  /// The newest signed head.
  let head: Checkpoint
  /// Whether what was sent is the beginning of the trail.
  let isKnown: Bool
  /// The records that come next, at most as many as go into one Bundle.
  let records: [AuditRecord]
  /// The edge of the tree that was sent.
  private let edge: TileEdge
  private let leaves: [MerkleHash]

  /// - Throws: `treeDamaged` when the records are not what was signed; `damaged`, `setBack`, `readFailed`.
  init(of trail: AuditTrail, for repository: String) throws(AuditError) {
    self = try trail.read { database in
      let head = try trail.confirmedHead(in: database)
      let position = try FeedPosition(of: repository, log: head.origin, trail.pseudonyms, in: database)
      let sent = position?.sent.size ?? 0
      guard position?.isGenuine ?? true, sent <= head.size, let edge = try TileEdge(size: sent, in: database),
        edge.root == position?.sent.root ?? .empty
      else {
        return FeedOutlook(position: position, head: head, isKnown: false, records: [], edge: TileEdge(), leaves: [])
      }
      var leaves: [MerkleHash] = []
      let end = min(sent + Int64(AuditEventFeed.mostInBundle), head.size)
      let records = try database.query(
        "\(StoredRecord.select) WHERE sequence > ? AND sequence <= ? ORDER BY sequence", [.number(sent), .number(end)]
      ) { row in
        let record = try StoredRecord.record(row)
        guard record.sequence == sent + Int64(leaves.count) + 1 else {
          throw AuditError(.treeDamaged, sequence: sent + Int64(leaves.count) + 1)
        }
        // What is read back is what is hashed: a leaf that would be written otherwise is none.
        leaves.append(.leaf(row.bytes(1) ?? []))
        return record
      }
      let outlook = FeedOutlook(
        position: position, head: head, isKnown: true, records: records, edge: edge, leaves: leaves)
      guard sent + Int64(leaves.count) == end,
        try AuditTrail.isBeginning(outlook.checkpoint(after: leaves.count), of: head, in: database)
      else { throw AuditError(.treeDamaged, sequence: sent + 1) }
      return outlook
    }
  }

  private init(
    position: FeedPosition?, head: Checkpoint, isKnown: Bool, records: [AuditRecord], edge: TileEdge,
    leaves: [MerkleHash]
  ) {
    self.position = position
    self.head = head
    self.isKnown = isKnown
    self.records = records
    self.edge = edge
    self.leaves = leaves
  }

  /// What was sent.
  var sent: Checkpoint { position?.sent ?? Checkpoint(origin: head.origin, size: 0, root: .empty) }

  /// What was sent when the first `count` of the records are.
  func checkpoint(after count: Int) -> Checkpoint {
    var edge = edge
    _ = edge.append(Array(leaves.prefix(count)))
    return Checkpoint(origin: head.origin, size: edge.size, root: edge.root)
  }
}

extension TileEdge {
  /// The edge that the tree had at `size` leaves, out of the tiles that it has now; nil when they do not reach so far.
  fileprivate init?(size: Int64, in database: any TrailDatabase) throws {
    try self.init(size: size) { level, position in
      let count = Int(size >> Int64(MerkleTile.height * level) & Int64(MerkleTile.width - 1))
      guard var tile = try TileStore.tile(level: level, position: position, in: database), tile.hashes.count >= count
      else { return nil }
      tile.hashes.removeSubrange(count...)
      return tile
    }
  }
}
