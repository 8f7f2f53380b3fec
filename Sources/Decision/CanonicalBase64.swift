// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Base64 (RFC 4648 section 4) in which every text but the one an encoder writes is refused.
///
/// The last character before the padding has bits that decoders ignore: without the check a flipped bit there would give
/// the same bytes, and a changed file would pass for the signed one.
enum CanonicalBase64 {
  static func text(of bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// The bytes of a text; nil unless it is canonical.
  static func bytes(of text: some Sequence<UInt8>) -> [UInt8]? {
    let text = String(decoding: Array(text), as: UTF8.self)
    guard let bytes = Data(base64Encoded: text).map(Array.init), self.text(of: bytes) == text else { return nil }
    return bytes
  }
}
