// SPDX-License-Identifier: Apache-2.0
import Crypto

/// The secret of one purpose: what it renames, it renames the same way in every export for that purpose, and otherwise for any
/// other. Nobody without it can tell a name from an identifier, nor try identifiers against a name.
package struct DeidentificationKey: Sendable {
  private let key: SymmetricKey

  /// - Parameter bytes: 32 bytes that nobody can guess, of one purpose alone.
  package init(bytes: [UInt8]) {
    key = SymmetricKey(data: bytes)
  }

  /// 32 hexadecimal digits, the first half of an HMAC-SHA256 of the parts.
  package func name(_ parts: String...) -> String { Self.hexadecimal(code(parts).prefix(16)) }

  /// The same in the shape of a UUID (RFC 9562 version 8).
  package func uuid(_ parts: String...) -> String {
    var bytes = Array(code(parts).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Self.hexadecimal(bytes[...])
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }

  /// By how many whole days the dates of a patient are moved: 1 to 365 into the past, for all of them the same.
  package func shift(of patient: String, client: String) -> Int {
    let number = code(["shift", client, patient]).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return -1 - Int(number % 365)
  }

  /// Each part with its length before it, so that no two lists of parts give one text.
  private func code(_ parts: [String]) -> ArraySlice<UInt8> {
    let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
    return Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))[...]
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
