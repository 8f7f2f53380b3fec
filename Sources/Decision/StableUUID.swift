// SPDX-License-Identifier: Apache-2.0
import Crypto

/// UUIDs that are made of what they name, so that the same thing keeps its uuid.
enum StableUUID {
  /// UUID version 8 (RFC 9562 section 5.8) of SHA-256 over parts.
  static func of(_ parts: [String]) -> String {
    // Lengths before the parts, so that no two lists of parts give one text.
    let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
    var bytes = Array(SHA256.hash(data: Array(text.utf8)).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = PackageSeal.hexadecimal(bytes)
    var uuid = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { uuid.append("-") }
      uuid.append(digit)
    }
    return uuid
  }
}
