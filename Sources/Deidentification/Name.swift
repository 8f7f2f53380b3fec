// SPDX-License-Identifier: Apache-2.0

/// The texts that `Deidentifier` puts in the place of identifiers, by their shape alone.
package enum Name {
  /// What `DeidentificationKey.name` or `uuid` gives, an Observation's behind its rank.
  package static func isName(_ text: some StringProtocol) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 { return parts[0].count == 6 && parts[0].allSatisfy(isDigit) && isHexadecimal(parts[1], 32) }
    return isHexadecimal(text.utf8, 32) || isUUID(text)
  }

  /// A key of a client's own.
  static func isKey(_ text: String) -> Bool { text.hasPrefix("key-") && isName(text.dropFirst(4)) }

  /// The name of a code system.
  static func isSystem(_ text: String) -> Bool {
    text.hasPrefix("urn:deidentified:") && isHexadecimal(text.dropFirst(17).utf8, 32)
  }

  /// What names a resource: relative, of a server, a URN, contained, by identifier, or of no known form.
  static func isReference(_ text: String) -> Bool {
    if text.hasPrefix("urn:uuid:") { return isUUID(text.dropFirst(9)) }
    if text.hasPrefix("#") || text.hasPrefix(Deidentifier.mark) { return text.count == 1 || isName(text.dropFirst()) }
    let search = "Patient?identifier="
    if text.hasPrefix(search) {
      let parts = text.dropFirst(search.count).split(separator: "|", omittingEmptySubsequences: false)
      return parts.count == 2 && isSystem(String(parts[0])) && isName(parts[1])
    }
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
    if text.hasPrefix(Deidentifier.server) {
      guard parts.count == 6, isHexadecimal(parts[parts.startIndex + 3].utf8, 32) else { return false }
      parts = parts.suffix(2)
    }
    return parts.count == 2 && ResourceTypes.all.contains(String(parts.first ?? "")) && isName(parts.last ?? "")
  }

  static func isNumber(_ text: String, digits: ClosedRange<Int>) -> Bool {
    digits.contains(text.utf8.count) && text.utf8.allSatisfy(isDigit)
  }

  /// RFC 9562 version 8.
  private static func isUUID(_ text: some StringProtocol) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [8, 4, 4, 4, 12], parts[2].first == UInt8(ascii: "8") else { return false }
    return parts.allSatisfy { isHexadecimal($0, $0.count) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isHexadecimal(_ bytes: some Collection<UInt8>, _ count: Int) -> Bool {
    bytes.count == count && bytes.allSatisfy { isDigit($0) || (0x61...0x66).contains($0) }
  }
}
