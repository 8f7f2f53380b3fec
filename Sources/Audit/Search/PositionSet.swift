// SPDX-License-Identifier: Apache-2.0

/// Places within one block of records: one bit each, the first record's the lowest.
struct PositionSet: Sendable, Equatable {
  private var words = [UInt64](repeating: 0, count: RecordBlock.length / 64)

  static let all: PositionSet = {
    var set = PositionSet()
    for word in set.words.indices { set.words[word] = .max }
    return set
  }()

  var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  mutating func insert(_ position: Int) { words[position >> 6] |= 1 << UInt64(position & 63) }

  /// Takes what is stored as 512 bytes, the lowest position first, its bit the lowest of its byte.
  mutating func formUnion(bytes: some Collection<UInt8>) {
    for (place, byte) in bytes.enumerated() where byte != 0 {
      words[place >> 3] |= UInt64(byte) << UInt64((place & 7) * 8)
    }
  }

  mutating func formUnion(_ other: PositionSet) {
    for word in words.indices { words[word] |= other.words[word] }
  }

  mutating func formIntersection(_ other: PositionSet) {
    for word in words.indices { words[word] &= other.words[word] }
  }

  /// In ascending order.
  var positions: [Int] {
    var found: [Int] = []
    for (place, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        found.append((place << 6) + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
    return found
  }
}
