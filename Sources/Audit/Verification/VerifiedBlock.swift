// SPDX-License-Identifier: Apache-2.0
/// What a block of 4,096 records can be found by, as the verifier derives it from the leaves, to compare with what is stored.
struct VerifiedBlock {
  private static let length: Int64 = 4096

  private let number: Int64
  /// The upper 38 bits of a term's hash, and the place of the record.
  private var entries: [UInt64] = []
  private var earliest = Int64.max
  private var latest = Int64.min

  /// The block that begins behind a record; 0 for the first.
  init(after sequence: Int64) {
    number = sequence / Self.length
  }

  /// Whether a record is the last of its block.
  static func ends(with sequence: Int64) -> Bool { sequence % length == 0 }

  /// Takes a record of the block.
  ///
  /// - Parameter terms: hashes of what it is found by.
  mutating func add(_ terms: ArraySlice<UInt64>, _ sequence: Int64, time: Int64) {
    let place = UInt64((sequence - 1) % Self.length)
    for hash in terms { entries.append(hash & ~0x3FF_FFFF | place) }
    earliest = min(earliest, time)
    latest = max(latest, time)
  }

  /// What is stored of a block.
  struct Stored: Sendable {
    /// Nil for a part that is missing.
    fileprivate let parts: [[UInt8]?]
    fileprivate let earliest: Int64?
    fileprivate let latest: Int64?
  }

  /// Reads what is stored of this block.
  func stored(_ database: any TrailDatabase) throws -> Stored {
    let parts = try (0..<Int64(64)).map { part in
      try database.query("SELECT entries FROM posting WHERE id = ?", [.number(part << 40 | number)]) { $0.bytes(0) }
        .first
        ?? nil
    }
    let times = try database.query("SELECT earliest, latest FROM block WHERE number = ?", [.number(number)]) {
      ($0.number(0), $0.number(1))
    }
    return Stored(parts: parts, earliest: times.first?.0, latest: times.first?.1)
  }

  /// The first record that the stored block does not say of what its leaf says, or says something else; nil when there is none.
  func firstDifference(_ block: Stored) -> Int64? {
    let first = number * Self.length + 1
    var stored: [UInt64] = []
    stored.reserveCapacity(entries.count)
    for (part, bytes) in block.parts.enumerated() {
      guard let bytes, let read = Self.read(bytes, part: UInt64(part)) else { return first }
      stored += read
    }
    guard block.earliest == earliest, block.latest == latest else { return first }
    var expected: [UInt64] = []
    for entry in Self.sorted(entries) where expected.last != entry { expected.append(entry) }
    if stored == expected { return nil }
    let differing = Set(expected).symmetricDifference(stored)
    return first + Int64(differing.map { $0 & 0xFFF }.min() ?? 0)
  }

  /// Rows for blocks that are not whole, or of other numbers: the first record of the first such block.
  static func firstUnexpected(records: Int64, _ database: any TrailDatabase) throws -> Int64? {
    let whole = records / length
    let number = try database.number(
      """
      SELECT min(number) FROM (
        SELECT number FROM block WHERE number < 0 OR number >= ?
        UNION ALL SELECT id & ? FROM posting WHERE id < 0 OR id >= ? OR id & ? >= ?) AS unexpected
      """, [.number(whole), .number(1 << 40 - 1), .number(64 << 40), .number(1 << 40 - 1), .number(whole)])
    return number.map { max(0, $0) * length + 1 }
  }

  /// Entries in ascending order, byte by byte from the lowest (radix sort, Knuth 5.2.5): a block has a hundred thousand.
  static func sorted(_ entries: [UInt64]) -> [UInt64] {
    var (from, to) = (entries, entries)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      var places = [Int](repeating: 0, count: 257)
      for entry in from { places[Int(entry >> shift & 0xFF) + 1] += 1 }
      // Bits between the hash and the place are the same in all.
      if places.contains(from.count) { continue }
      for value in 1...256 { places[value] += places[value - 1] }
      for entry in from {
        let value = Int(entry >> shift & 0xFF)
        to[places[value]] = entry
        places[value] += 1
      }
      swap(&from, &to)
    }
    return from
  }

  /// The entries of a stored part by the description in `docs/trail.md`; nil when it is none, or not in order.
  private static func read(_ bytes: [UInt8], part: UInt64) -> [UInt64]? {
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    guard bytes.count >= 4 else { return nil }
    let count = Int(number(0..<4))
    let sets = 4 + count * 6
    guard bytes.count >= sets, (bytes.count - sets) % 512 == 0 else { return nil }
    var found: [UInt64] = []
    var setsRead = 0
    for entry in 0..<count {
      let at = 4 + entry * 6
      let print = part << 58 | number(at..<(at + 4)) << 26
      let place = Int(number((at + 4)..<(at + 6)))
      if place < length {
        found.append(print | UInt64(place))
        continue
      }
      guard place == 0x8000 + setsRead, sets + (setsRead + 1) * 512 <= bytes.count else { return nil }
      for (offset, byte) in bytes[(sets + setsRead * 512)..<(sets + (setsRead + 1) * 512)].enumerated() where byte != 0
      {
        for bit in 0..<8 where byte >> bit & 1 == 1 { found.append(print | UInt64(offset * 8 + bit)) }
      }
      setsRead += 1
    }
    let isAscending = zip(found, found.dropFirst()).allSatisfy { $0 < $1 }
    return isAscending && bytes.count == sets + setsRead * 512 ? found : nil
  }
}
