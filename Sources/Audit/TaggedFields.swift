// SPDX-License-Identifier: Apache-2.0

/// The canonical byte form of leaves and payloads: a version byte, then fields in ascending order of tag, each as tag (1 byte),
/// length (4 bytes, big-endian) and value. An absent value has no field, so equal entries have equal bytes.
struct TaggedFields {
  private(set) var bytes: [UInt8]
  private var lastTag: UInt8 = 0

  /// - Parameter capacity: how many bytes are likely.
  init(version: UInt8, capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
    bytes.append(version)
  }

  mutating func append(_ tag: UInt8, _ value: [UInt8]?) {
    guard let value else { return }
    begin(tag, length: value.count)
    bytes.append(contentsOf: value)
  }

  mutating func append(_ tag: UInt8, _ text: String?) {
    guard let text else { return }
    begin(tag, length: text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func append(_ tag: UInt8, _ number: Int64?) {
    guard let number else { return }
    begin(tag, length: 8)
    for shift in stride(from: Int64(56), through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  /// Appends a list as one field, each item as a length (4 bytes) and tagged fields of its own, in order; none for an empty one.
  mutating func append<Item>(
    _ tag: UInt8, _ items: [Item], version: UInt8, _ append: (Item, inout TaggedFields) -> Void
  ) {
    guard !items.isEmpty else { return }
    begin(tag, length: 0)
    let start = bytes.count
    for item in items {
      appendLength(0)
      let first = bytes.count
      bytes.append(version)
      lastTag = 0
      append(item, &self)
      putLength(bytes.count - first, before: first)
    }
    putLength(bytes.count - start, before: start)
    lastTag = tag
  }

  private mutating func begin(_ tag: UInt8, length: Int) {
    assert(tag > lastTag, "fields are written in ascending order")
    lastTag = tag
    bytes.append(tag)
    appendLength(length)
  }

  private mutating func appendLength(_ length: Int) {
    for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
  }

  /// Puts a length into the four bytes before what it is of.
  private mutating func putLength(_ length: Int, before start: Int) {
    for place in 1...4 { bytes[start - place] = UInt8(truncatingIfNeeded: length >> (8 * (place - 1))) }
  }

  static func bigEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// The fields of some bytes, by their tags.
  struct Values {
    fileprivate let bytes: [UInt8]
    /// In ascending order: so few that looking through them takes less than a hash.
    fileprivate var places: [(tag: UInt8, range: Range<Int>)] = []

    /// The value of a field; nil for one that is not there.
    subscript(tag: UInt8) -> ArraySlice<UInt8>? {
      for place in places where place.tag == tag { return bytes[place.range] }
      return nil
    }
  }

  /// The fields of `bytes`, or nil when they are not canonical.
  static func read(_ bytes: [UInt8], version: UInt8) -> Values? {
    guard bytes.first == version else { return nil }
    var fields = Values(bytes: bytes)
    fields.places.reserveCapacity(24)
    var lastTag: UInt8 = 0
    var position = 1
    while position < bytes.count {
      guard bytes.count - position >= 5, bytes[position] > lastTag else { return nil }
      lastTag = bytes[position]
      let length = bytes[(position + 1)..<(position + 5)].reduce(0) { $0 << 8 | Int($1) }
      position += 5
      guard length <= bytes.count - position else { return nil }
      fields.places.append((lastTag, position..<(position + length)))
      position += length
    }
    return fields
  }

  static func number(_ bytes: ArraySlice<UInt8>?) -> Int64? {
    guard let bytes, bytes.count == 8 else { return nil }
    return Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
  }

  static func text(_ bytes: ArraySlice<UInt8>?) -> String? {
    bytes.flatMap { String(validating: $0, as: UTF8.self) }
  }
}
