// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension HookRequest {
  /// The request's bytes without `fhirAuthorization`, for the record: every other byte is kept as it came.
  ///
  /// The member and one comma beside it are cut out of the text, however its name is escaped.
  /// - Returns: nil when the bytes are not one JSON object (such a request is refused before it is recorded).
  public static func withoutAuthorization(_ bytes: [UInt8]) -> [UInt8]? {
    guard let root = try? Document(bytes, syntax: .json).root, root.kind == .object else { return nil }
    return withoutAuthorization(bytes, root)
  }

  /// The same of bytes that are read already: the reader knows where the value begins, and no key stands twice.
  ///
  /// - Parameter root: what was read of the bytes, an object.
  package static func withoutAuthorization(_ bytes: [UInt8], _ root: Node) -> [UInt8] {
    guard let value = root["fhirAuthorization"] else { return bytes }
    // Back over the colon and the name, in which no quotation mark can stand: it is one word.
    var start = bytes[..<value.offset].lastIndex(of: UInt8(ascii: ":")) ?? 0
    start = bytes[..<start].lastIndex(of: quote) ?? 0
    start = bytes[..<start].lastIndex(of: quote) ?? 0
    var end = value.end
    let next = bytes[end...].firstIndex { !isSpace($0) } ?? end
    if next < bytes.count, bytes[next] == comma {
      // The comma goes with the member: the one after it or, for the last member, the one before it.
      end = bytes[(next + 1)...].firstIndex { !isSpace($0) } ?? bytes.count
    } else if let before = bytes[..<start].lastIndex(where: { !isSpace($0) }), bytes[before] == comma {
      start = (bytes[..<before].lastIndex { !isSpace($0) } ?? -1) + 1
    }
    return Array(bytes[..<start] + bytes[end...])
  }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}
