// SPDX-License-Identifier: Apache-2.0

/// 4,096 records in a row and what they can be found by. A block is written once, when its last record is, and never changes; the
/// records of an unfinished one are few enough to be read through.
struct RecordBlock: Sendable {
  /// Records in a block.
  static let length = 4096
  /// Parts that a block's terms are divided into by the upper bits of their hashes. A search reads one part of each block, and
  /// these lie side by side in the table.
  static let parts = 64

  /// 0 for the block that begins with the first record.
  let number: Int64
  /// One for each term of each record: the hash's upper 38 bits, and below them the record's place in the block.
  private var entries: [UInt64] = []
  /// Those of records that came since the last `settle`: a transaction adds to a copy of the block, which must not copy all of it.
  private var recent: [UInt64] = []
  /// Times of the records, ms since 1970.
  private(set) var earliest = Int64.max
  private(set) var latest = Int64.min
  private(set) var count = 0

  /// The block that a record with this number is in.
  static func number(of sequence: Int64) -> Int64 { (sequence - 1) / Int64(length) }

  /// An empty block.
  init(number: Int64) {
    self.number = number
  }

  /// The numbers of its records.
  var sequences: Range<Int64> {
    let first = number * Int64(Self.length) + 1
    return first..<(first + Int64(Self.length))
  }

  var isWhole: Bool { count == Self.length }

  /// The number of the record that comes next.
  var next: Int64 { sequences.lowerBound + Int64(count) }

  /// Adds the record that comes next.
  mutating func append(_ terms: [SearchTerm], time: Int64) {
    for term in terms { recent.append(term.hash & ~0x3FF_FFFF | UInt64(count)) }
    earliest = min(earliest, time)
    latest = max(latest, time)
    count += 1
  }

  /// Takes what was added to the rest, in place where nobody else holds the block.
  mutating func settle() {
    entries += recent
    recent = []
  }

  /// Numbers of records that have a term, the newest first.
  func sequences(with term: SearchTerm) -> [Int64] {
    [entries, recent].joined().filter { ($0 ^ term.hash) >> 26 == 0 }.map { sequences.lowerBound + Int64($0 & 0xFFF) }
      .sorted(by: >)
  }

  // MARK: - As it is stored

  /// The part of a block that a term is in.
  static func part(of term: SearchTerm) -> Int64 { Int64(term.hash >> 58) }

  /// Each part as stored: the number of entries (4 bytes), the entries, the bit sets. An entry is the 32 bits of the hash behind
  /// those that choose the part, and 2 bytes: a place, or 0x8000 and the number of the bit set (512 bytes) that holds the places
  /// of a term of more than `mostPlaces` records. All big-endian, in ascending order.
  func storedParts() -> [[UInt8]] {
    var sorted = (entries + recent).sorted()
    // A record may have a term twice: two cards about one outcome.
    var kept = 0
    for entry in sorted where kept == 0 || sorted[kept - 1] != entry {
      sorted[kept] = entry
      kept += 1
    }
    var parts: [[UInt8]] = []
    var start = 0
    for part in 0..<Self.parts {
      var end = start
      while end < kept, sorted[end] >> 58 == UInt64(part) { end += 1 }
      parts.append(Self.stored(sorted[start..<end]))
      start = end
    }
    return parts
  }

  /// Above this a bit set is shorter.
  private static let mostPlaces = 86

  private static func stored(_ entries: ArraySlice<UInt64>) -> [UInt8] {
    var places: [UInt8] = []
    var sets: [UInt8] = []
    var count: UInt32 = 0
    var start = entries.startIndex
    func add(_ print: UInt64, _ place: UInt64) {
      places += TaggedFields.bigEndian(UInt32(truncatingIfNeeded: print))
      places += TaggedFields.bigEndian(UInt16(truncatingIfNeeded: place))
      count += 1
    }
    while start < entries.endIndex {
      let print = entries[start] >> 26 & 0xFFFF_FFFF
      var end = start + 1
      while end < entries.endIndex, entries[end] >> 26 & 0xFFFF_FFFF == print { end += 1 }
      if end - start > mostPlaces {
        var set = [UInt8](repeating: 0, count: length / 8)
        for entry in entries[start..<end] { set[Int(entry & 0xFFF) >> 3] |= 1 << UInt8(entry & 7) }
        add(print, 0x8000 | UInt64(sets.count / set.count))
        sets += set
      } else {
        for entry in entries[start..<end] { add(print, entry & 0xFFF) }
      }
      start = end
    }
    return TaggedFields.bigEndian(count) + places + sets
  }

  /// The places of a term in a stored part; nil for a part that is damaged.
  static func positions(of term: SearchTerm, in part: UnsafeRawBufferPointer) -> PositionSet? {
    // Every read below is within `part.count`, which is checked first.
    func number(at offset: Int, bytes: Int) -> Int {
      var value = 0
      for place in offset..<(offset + bytes) { value = value << 8 | Int(unsafe part[place]) }
      return value
    }
    guard part.count >= 4 else { return nil }
    let count = number(at: 0, bytes: 4)
    guard part.count - 4 >= count * 6 else { return nil }
    let wanted = Int(term.hash >> 26 & 0xFFFF_FFFF)
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if number(at: 4 + middle * 6, bytes: 4) < wanted { low = middle + 1 } else { high = middle }
    }
    var found = PositionSet()
    while low < count, number(at: 4 + low * 6, bytes: 4) == wanted {
      let place = number(at: 4 + low * 6 + 4, bytes: 2)
      if place < length {
        found.insert(place)
      } else {
        let set = 4 + count * 6 + (place & 0x7FFF) * (length / 8)
        guard part.count >= set + length / 8 else { return nil }
        unsafe found.formUnion(bytes: UnsafeRawBufferPointer(rebasing: part[set..<(set + length / 8)]))
      }
      low += 1
    }
    return found
  }
}
