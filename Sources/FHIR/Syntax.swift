// SPDX-License-Identifier: Apache-2.0

/// The two wire syntaxes of FHIR that are read; one `Document` comes of both.
package enum Syntax: Sendable, CaseIterable {
  case json, xml

  /// The syntax of bytes by their first character that is not white space, or nil when it starts neither.
  ///
  /// A byte order mark is passed over here; the JSON reader refuses it with its own code.
  package static func sniff(_ bytes: some Sequence<UInt8>) -> Syntax? {
    for byte in bytes {
      switch byte {
      case 0x09, 0x0A, 0x0D, 0x20, 0xEF, 0xBB, 0xBF: continue
      case UInt8(ascii: "<"): return .xml
      case UInt8(ascii: "{"), UInt8(ascii: "["): return .json
      default: return nil
      }
    }
    return nil
  }
}
