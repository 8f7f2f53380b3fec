// SPDX-License-Identifier: Apache-2.0
/// The Merkle tree of a trail that is being written: grows with every commit, in the same transaction, and signs its new head.
struct TrailTree: Sendable {
  private var edge: TileEdge
  /// Signs heads; changes when the key is rotated.
  var signer: NoteSigner

  /// Leaves so far: the sequence number of the last record.
  var size: Int64 { edge.size }

  /// What its head says.
  var checkpoint: Checkpoint { Checkpoint(origin: signer.key.name, size: edge.size, root: edge.root) }

  /// Goes on with the stored tree. A trail of a version before the tree gets one of its leaves.
  ///
  /// - Throws: `treeDamaged` when records, tiles and head do not have one size; `keyUnusable` when the head is another log's.
  init(signer: NoteSigner, database: any TrailDatabase) throws {
    self.signer = signer
    let records = try database.lastRecord()
    guard let head = try TileStore.head(in: database) else {
      edge = TileEdge()
      try build(records, database)
      return
    }
    guard head.size == records,
      let edge = try TileEdge(size: head.size, tile: { try TileStore.tile(level: $0, position: $1, in: database) })
    else { throw AuditError(.treeDamaged, sequence: min(head.size, records) + 1) }
    self.edge = edge
    guard let note = SignedNote(head.note), let checkpoint = Checkpoint(text: note.text),
      checkpoint.root == edge.root, checkpoint.size == head.size
    else { throw AuditError(.treeDamaged, sequence: records) }
    guard checkpoint.origin == signer.key.name else { throw AuditError(.keyUnusable) }
  }

  /// Adds the leaves of one commit and writes what of the tree changed.
  ///
  /// - Parameter keepingHead: whether the new head stays on record beside the heads at every 256th leaf.
  mutating func append(
    _ leaves: [MerkleHash], keepingHead: Bool = false, into database: any TrailDatabase
  ) throws {
    let tileBefore = edge.size / Int64(MerkleTile.width)
    try TileStore.write(edge.append(leaves), into: database)
    let checkpoint = checkpoint
    let note = SignedNote(text: checkpoint.text, signatures: [try signer.sign(checkpoint.text)])
    try TileStore.write(
      size: edge.size, note: note.description,
      keeping: keepingHead || edge.size / Int64(MerkleTile.width) > tileBefore, into: database)
  }

  private mutating func build(_ records: Int64, _ database: any TrailDatabase) throws {
    let rows = try database.rows("SELECT sequence, leaf FROM record ORDER BY sequence", [])
    var leaves: [MerkleHash] = []
    while let row = try rows.next() {
      guard let leaf = row.bytes(1), row.number(0) == edge.size + Int64(leaves.count) + 1 else {
        throw AuditError(.treeDamaged, sequence: row.number(0))
      }
      leaves.append(.leaf(leaf))
      if leaves.count == 4096 {
        try TileStore.write(edge.append(leaves), into: database)
        leaves = []
      }
    }
    try append(leaves, keepingHead: true, into: database)
    guard edge.size == records else { throw AuditError(.treeDamaged, sequence: edge.size + 1) }
  }
}
