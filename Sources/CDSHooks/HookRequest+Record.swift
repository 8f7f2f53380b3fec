// SPDX-License-Identifier: Apache-2.0

extension HookRequest {
  /// The request's bytes without `fhirAuthorization`, for the record: every other byte is kept as it came.
  ///
  /// The member and one comma beside it are cut out of the text, however its name is escaped.
  /// - Returns: nil when the bytes are not one JSON object (such a request is refused before it is recorded).
  public static func withoutAuthorization(_ bytes: [UInt8]) -> [UInt8]? {
    var scanner = MemberScanner(bytes: bytes)
    guard let members = scanner.members() else { return nil }
    guard let index = members.firstIndex(where: { $0.name == "fhirAuthorization" }) else { return bytes }
    // The comma goes with the member: the one after it or, for the last member, the one before it.
    let isLast = index == members.count - 1
    let start = isLast && index > 0 ? members[index - 1].valueEnd : members[index].nameStart
    let end = isLast ? members[index].valueEnd : members[index + 1].nameStart
    return withoutAuthorization(Array(bytes[..<start] + bytes[end...]))
  }
}

/// Finds the members of the root object of JSON text that a parser has already accepted.
private struct MemberScanner {
  struct Member {
    var name: String
    var nameStart: Int
    var valueEnd: Int
  }

  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func members() -> [Member]? {
    skipSpace()
    guard take(UInt8(ascii: "{")) else { return nil }
    var members: [Member] = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return members }
    while true {
      skipSpace()
      let nameStart = position
      guard let name = string() else { return nil }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { return nil }
      skipSpace()
      guard skipValue() else { return nil }
      members.append(Member(name: name, nameStart: nameStart, valueEnd: position))
      skipSpace()
      if take(UInt8(ascii: "}")) { return members }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Reads a string and undoes `\uXXXX` of ASCII, which is all that a name compared with an ASCII name needs.
  private mutating func string() -> String? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var name: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: name, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        name.append(byte)
        continue
      }
      guard position < bytes.count else { return nil }
      let escape = bytes[position]
      position += 1
      guard escape == UInt8(ascii: "u") else {
        name.append(escape)
        continue
      }
      guard position + 4 <= bytes.count,
        let code = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
      else { return nil }
      name.append(UInt8(exactly: code) ?? 0)
      position += 4
    }
    return nil
  }

  private mutating func skipValue() -> Bool {
    guard position < bytes.count else { return false }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      return string() != nil
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      var depth = 0
      while position < bytes.count {
        switch bytes[position] {
        case UInt8(ascii: "\""):
          guard string() != nil else { return false }
          continue
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
        position += 1
        if depth == 0 { return true }
      }
      return false
    default:
      let start = position
      while position < bytes.count, ![0x2C, 0x7D, 0x5D, 0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
        position += 1
      }
      return position > start
    }
  }
}
