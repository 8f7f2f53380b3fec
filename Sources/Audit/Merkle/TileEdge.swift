// SPDX-License-Identifier: Apache-2.0

/// The unfinished tiles at the right edge of the tree: takes leaves, and names the tiles that have to be written for them.
struct TileEdge: Sendable {
  /// Leaves so far.
  private(set) var size: Int64 = 0
  /// The last tile of each level, level 0 first; each holds fewer than 256 hashes.
  private var tiles: [UnfinishedTile] = [UnfinishedTile()]

  /// Hashes of one tile, and the roots of its largest whole subtrees, the largest first: what its root and that of everything to its
  /// right are made of, so that neither takes more than 8 hashes.
  private struct UnfinishedTile: Sendable {
    private(set) var hashes: [MerkleHash] = []
    private(set) var peaks: [MerkleHash] = []

    mutating func append(_ hash: MerkleHash) {
      var peak = hash
      // As in binary counting: every trailing 1 of the count is a finished subtree that this hash makes a pair with.
      for _ in 0..<(~hashes.count).trailingZeroBitCount { peak = .node(peaks.removeLast(), peak) }
      peaks.append(peak)
      hashes.append(hash)
    }
  }

  init() {}

  /// Goes on where a tree of `size` leaves ended; `tile` reads the last, unfinished tile of a level.
  ///
  /// - Returns: nil when a tile is missing or does not have the hashes that the size asks for.
  init?(size: Int64, tile: (_ level: Int, _ position: Int64) throws -> MerkleTile?) rethrows {
    self.size = size
    tiles = []
    var count = size
    repeat {
      let (position, rest) = count.quotientAndRemainder(dividingBy: Int64(MerkleTile.width))
      if rest == 0 {
        tiles.append(UnfinishedTile())
      } else {
        guard let stored = try tile(tiles.count, position), stored.hashes.count == Int(rest) else { return nil }
        var unfinished = UnfinishedTile()
        for hash in stored.hashes { unfinished.append(hash) }
        tiles.append(unfinished)
      }
      count = position
    } while count > 0
  }

  /// Adds leaves by their hashes and returns the tiles that changed, finished ones included.
  mutating func append(_ leaves: [MerkleHash]) -> [MerkleTile] {
    var finished: [MerkleTile] = []
    var changed: Set<Int> = []
    for leaf in leaves {
      var hash = leaf
      var level = 0
      while true {
        if level == tiles.count { tiles.append(UnfinishedTile()) }
        tiles[level].append(hash)
        guard tiles[level].hashes.count == MerkleTile.width else { break }
        let position = size >> Int64(MerkleTile.height * (level + 1))
        finished.append(MerkleTile(level: level, position: position, hashes: tiles[level].hashes))
        hash = tiles[level].peaks[0]
        tiles[level] = UnfinishedTile()
        level += 1
      }
      changed.formUnion(0...level)
      size += 1
    }
    let unfinished = changed.sorted().filter { !tiles[$0].hashes.isEmpty }.map { level in
      MerkleTile(
        level: level, position: size >> Int64(MerkleTile.height * (level + 1)), hashes: tiles[level].hashes)
    }
    return finished + unfinished
  }

  /// The root over all leaves: of each level the peaks, each to the left of everything smaller (RFC 6962 section 2.1).
  var root: MerkleHash {
    var root: MerkleHash?
    for tile in tiles {
      for peak in tile.peaks.reversed() { root = root.map { .node(peak, $0) } ?? peak }
    }
    return root ?? .empty
  }
}
