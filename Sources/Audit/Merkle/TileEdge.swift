// SPDX-License-Identifier: Apache-2.0

/// The unfinished tiles at the right edge of the tree: takes leaves, and names the tiles that have to be written for them.
struct TileEdge: Sendable {
  /// Leaves so far.
  private(set) var size: Int64 = 0
  /// The last tile of each level, level 0 first; each holds fewer than 256 hashes.
  private var tiles: [[MerkleHash]] = [[]]

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
        tiles.append([])
      } else {
        guard let stored = try tile(tiles.count, position), stored.hashes.count == Int(rest) else { return nil }
        tiles.append(stored.hashes)
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
        if level == tiles.count { tiles.append([]) }
        tiles[level].append(hash)
        guard tiles[level].count == MerkleTile.width else { break }
        let position = size >> Int64(MerkleTile.height * (level + 1))
        finished.append(MerkleTile(level: level, position: position, hashes: tiles[level]))
        hash = MerkleHash.root(over: tiles[level][...])
        tiles[level] = []
        level += 1
      }
      changed.formUnion(0...level)
      size += 1
    }
    let unfinished = changed.sorted().filter { !tiles[$0].isEmpty }.map { level in
      MerkleTile(
        level: level, position: size >> Int64(MerkleTile.height * (level + 1)), hashes: tiles[level])
    }
    return finished + unfinished
  }

  /// The root over all leaves: the unfinished tiles from the top down, each to the right of what it stands below.
  var root: MerkleHash {
    var root: MerkleHash?
    for tile in tiles where !tile.isEmpty {
      // Of each level the hashes are the leaves of a tree whose last leaf is the root of everything below.
      root = MerkleHash.root(over: (tile + (root.map { [$0] } ?? []))[...])
    }
    return root ?? .empty
  }
}
