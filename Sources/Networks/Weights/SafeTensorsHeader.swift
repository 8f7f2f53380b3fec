// SPDX-License-Identifier: Apache-2.0

/// Reads the JSON header of a `safetensors` file, and no other JSON: an object of tensor descriptions and an object of
/// strings. Duplicate names, unknown members, and numbers that are not plain non-negative integers are refused.
struct SafeTensorsHeader {
  struct Entry {
    let name: String
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func read() throws(NetworkError) {
    // The format asks for the brace to be the first byte; spaces may follow the object.
    guard bytes.first == UInt8(ascii: "{") else { throw .invalidWeightHeader }
    var names: Set<String> = []
    try members { (header: inout Self, name: String) throws(NetworkError) in
      guard names.insert(name).inserted else { throw .invalidWeightHeader }
      if name == "__metadata__" {
        try header.readMetadata()
      } else {
        try header.readEntry(name)
      }
    }
    skipSpace()
    guard position == bytes.endIndex else { throw .invalidWeightHeader }
  }

  private mutating func readMetadata() throws(NetworkError) {
    try members { (header: inout Self, key: String) throws(NetworkError) in
      guard header.metadata.updateValue(try header.string(), forKey: key) == nil else { throw .invalidWeightHeader }
    }
  }

  private mutating func readEntry(_ name: String) throws(NetworkError) {
    var (type, shape, offsets): (String?, [Int]?, [Int]?)
    try members { (header: inout Self, key: String) throws(NetworkError) in
      switch key {
      case "dtype" where type == nil: type = try header.string()
      case "shape" where shape == nil: shape = try header.integers()
      case "data_offsets" where offsets == nil: offsets = try header.integers()
      default: throw .invalidWeightHeader
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else { throw .invalidWeightHeader }
    guard type == "F32" else { throw .unexpectedTensor }
    entries.append(Entry(name: name, shape: shape, begin: offsets[0], end: offsets[1]))
  }

  /// Reads an object, calling `member` after each name and colon.
  private mutating func members(
    _ member: (inout Self, String) throws(NetworkError) -> Void
  ) throws(NetworkError) {
    try expect("{")
    if accept("}") { return }
    repeat {
      let name = try string()
      try expect(":")
      try member(&self, name)
    } while accept(",")
    try expect("}")
  }

  private mutating func integers() throws(NetworkError) -> [Int] {
    try expect("[")
    if accept("]") { return [] }
    var result: [Int] = []
    repeat { result.append(try integer()) } while accept(",")
    try expect("]")
    return result
  }

  private mutating func integer() throws(NetworkError) -> Int {
    skipSpace()
    let first = position
    var value = 0
    while position < bytes.endIndex, case let digit = bytes[position], digit >= 0x30, digit <= 0x39 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(digit) - 0x30)
      guard !overflow, !carry else { throw .invalidWeightHeader }
      value = sum
      position += 1
    }
    let leadingZero = position - first > 1 && bytes[first] == 0x30
    guard position > first, !leadingZero else { throw .invalidWeightHeader }
    return value
  }

  private mutating func string() throws(NetworkError) -> String {
    try expect("\"")
    var units: [UInt8] = []
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else { throw .invalidWeightHeader }
        return text
      case UInt8(ascii: "\\"): units += try escape()
      case 0..<0x20: throw .invalidWeightHeader
      default: units.append(byte)
      }
    }
    throw .invalidWeightHeader
  }

  /// What follows a backslash, as UTF-8. Surrogate pairs are not needed for names and are refused.
  private mutating func escape() throws(NetworkError) -> [UInt8] {
    guard position < bytes.endIndex else { throw .invalidWeightHeader }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      guard bytes.endIndex - position >= 4 else { throw .invalidWeightHeader }
      var value: UInt32 = 0
      for digit in bytes[position..<position + 4] {
        guard let number = Character(UnicodeScalar(digit)).hexDigitValue else { throw .invalidWeightHeader }
        value = value << 4 | UInt32(number)
      }
      position += 4
      guard let scalar = UnicodeScalar(value) else { throw .invalidWeightHeader }
      return Array(String(Character(scalar)).utf8)
    default: throw .invalidWeightHeader
    }
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(NetworkError) {
    guard accept(character) else { throw .invalidWeightHeader }
  }
}
