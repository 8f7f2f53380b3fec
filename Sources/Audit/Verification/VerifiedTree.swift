// SPDX-License-Identifier: Apache-2.0

/// The tree as the verifier builds it, from leaves alone, and what it finds of it in the stored tiles.
struct VerifiedTree {
  /// The edge, for roots at any size.
  private(set) var frontier = MerkleFrontier()
  /// Hashes of the unfinished tile of each level, and the stored bytes to compare them with.
  private var pending: [(hashes: [MerkleHash], stored: [UInt8])] = []
  /// Gives the stored hashes of a tile.
  private let stored: (_ level: Int, _ position: Int64) throws -> [UInt8]?

  init(stored: @escaping (_ level: Int, _ position: Int64) throws -> [UInt8]?) {
    self.stored = stored
  }

  /// Adds the next leaf by its hash; nil for a record that is missing.
  ///
  /// Where the stored hash of a leaf is another, one of the two has been changed: the stored one when its whole tile no longer
  /// has the root that is stored above it. The tree goes on with the one that was not, so that one fault stays one fault.
  mutating func append(_ leaf: MerkleHash?, faults: inout FoundFaults) throws {
    let record = frontier.size + 1
    let found = try expected(level: 0)
    var hash = found ?? leaf
    if found == nil { faults.add(.tileChanged, record) }
    if let leaf, let found, leaf != found {
      let isTile = try !isStoredTileWhole(frontier.size / 256)
      faults.add(isTile ? .tileChanged : .leafChanged, record)
      if isTile { hash = leaf }
    }
    guard var hash else { return }
    frontier.append(hash)
    pending[0].hashes.append(hash)
    var level = 0
    while pending[level].hashes.count == 256 {
      var below = MerkleFrontier()
      for hash in pending[level].hashes { below.append(hash) }
      hash = below.root
      pending[level] = ([], [])
      level += 1
      // The first record below the hash: where a change of a whole tile is looked for.
      if try expected(level: level) != hash {
        faults.add(.tileChanged, frontier.size - Int64(1) << Int64(8 * level) + 1)
      }
      pending[level].hashes.append(hash)
    }
  }

  /// Looks for hashes that are stored beyond the last record.
  mutating func finish(faults: inout FoundFaults) throws {
    for level in pending.indices {
      let position = frontier.size >> Int64(8 * (level + 1))
      let bytes = try stored(level, position) ?? []
      if bytes.count > pending[level].hashes.count * 32 {
        faults.add(.tileChanged, frontier.size + 1)
      }
    }
  }

  /// The first record below a stored tile that is none of this tree, or is longer than a tile; nil where there is none.
  func firstStray(in database: any TrailDatabase) throws -> Int64? {
    let rows = try database.rows("SELECT id, length(hashes) FROM tile ORDER BY id", [])
    var first: Int64?
    while let row = try rows.next() {
      let id = row.number(0) ?? 0
      let level = id >> 48
      let position = id & (1 << 48 - 1)
      // Seven levels of 256 hold more than 2 to the 48th leaves.
      let hashes = (0..<7).contains(level) ? frontier.size >> (8 * level) : 0
      guard hashes <= position * 256 || row.number(1) ?? 0 > 256 * 32 else { continue }
      // What is of no level, or beyond the last record, comes behind it.
      let below = hashes > position * 256 ? position << (8 * (level + 1)) : frontier.size
      let record = min(below, frontier.size) + 1
      first = min(first ?? record, record)
    }
    return first
  }

  /// Whether a stored tile of leaves has the root that is stored above it; an unfinished one has none, and passes.
  private func isStoredTileWhole(_ position: Int64) throws -> Bool {
    let bytes = pending[0].stored
    guard bytes.count == 256 * 32 else { return true }
    var below = MerkleFrontier()
    for at in stride(from: 0, to: bytes.count, by: 32) {
      guard let hash = MerkleHash(bytes: bytes[at..<(at + 32)]) else { return false }
      below.append(hash)
    }
    let above = try stored(1, position / 256) ?? []
    return MerkleHash(bytes: above.dropFirst(Int(position % 256) * 32).prefix(32)) == below.root
  }

  /// The stored hash that comes next in a level.
  private mutating func expected(level: Int) throws -> MerkleHash? {
    if level == pending.count { pending.append(([], [])) }
    let count = pending[level].hashes.count
    if count == 0 {
      // At level 0 the leaf is not counted yet; above, the leaves below the hash are.
      let leaves = level == 0 ? frontier.size : frontier.size - Int64(1) << Int64(8 * level)
      pending[level].stored = try stored(level, leaves >> Int64(8 * (level + 1))) ?? []
    }
    let stored = pending[level].stored
    guard stored.count >= (count + 1) * 32 else { return nil }
    return MerkleHash(stored.span.extracting((count * 32)..<((count + 1) * 32)))
  }
}
