// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson

/// What is checked before libxml2 sees a byte: size, encoding, and that the bytes are UTF-8 (libxml2 lets some overlong
/// forms pass).
enum XMLPrologue {
  /// Refuses input that is empty, too large, not UTF-8, or that declares another encoding. A UTF-8 byte order mark is
  /// accepted (XML 1.0, 4.3.3); those of UTF-16 and UTF-32 are not UTF-8. UTF-8 is all that FHIR allows (R4 xml.html).
  static func check(_ bytes: UnsafeBufferPointer<UInt8>, limits: Limits) throws(FHIRError) {
    guard !bytes.isEmpty else { throw FHIRError(.empty, offset: 0) }
    guard bytes.count <= limits.bytes, bytes.count < Int(Int32.max) else {
      throw FHIRError(.tooLarge, offset: limits.bytes)
    }
    if let offset = unsafe declaredEncoding(bytes) { throw FHIRError(.otherEncoding, offset: offset) }
    if let offset = unsafe firstInvalidUTF8(bytes) { throw FHIRError(.invalidUTF8, offset: offset) }
  }

  /// The offset of the encoding name in the XML declaration when it is not UTF-8; nil for UTF-8 or no declaration.
  /// A malformed declaration is left to libxml2.
  private static func declaredEncoding(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var head = unsafe bytes[...]
    if unsafe head.starts(with: [0xEF, 0xBB, 0xBF]) { unsafe head = unsafe head.dropFirst(3) }
    guard unsafe head.starts(with: "<?xml".utf8),
      let end = unsafe head.firstIndex(of: UInt8(ascii: ">"))
    else { return nil }
    unsafe head = unsafe head[..<end]
    let key = Array("encoding".utf8)
    var index = unsafe head.startIndex
    while index + key.count < end, unsafe !head[index...].starts(with: key) { index += 1 }
    guard index + key.count < end else { return nil }
    func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
    guard let open = unsafe head[index...].firstIndex(where: isQuote),
      let close = unsafe head[(open + 1)...].firstIndex(where: isQuote)
    else { return nil }
    let name = unsafe head[(open + 1)..<close].map { $0 | 0x20 }
    return name == Array("utf-8".utf8) ? nil : open + 1
  }

  /// The offset of the first byte that is not part of well-formed UTF-8, or nil.
  private static func firstInvalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    if unsafe vigil_utf8_valid(bytes.baseAddress, bytes.count) { return nil }
    let span = unsafe Span(_unsafeElements: bytes)
    do {
      _ = try UTF8Span(validating: span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }
}
