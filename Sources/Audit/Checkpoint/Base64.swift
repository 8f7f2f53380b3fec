// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Standard Base 64 with padding (RFC 4648 section 4), read strictly: one text for one run of bytes.
enum Base64 {
  static func text(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    guard let data = Data(base64Encoded: String(text)) else { return nil }
    let bytes = Array(data)
    // Foundation lets unused bits pass; the same bytes must not have two texts.
    return Self.text(bytes) == text ? bytes : nil
  }
}
