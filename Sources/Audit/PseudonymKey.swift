// SPDX-License-Identifier: Apache-2.0
import Crypto

/// The secret that turns identifiers into pseudonyms: the same patient is found again in the trail, and nobody without the key
/// can tell who it is.
package struct PseudonymKey: Sendable {
  private let key: SymmetricKey

  /// - Parameter bytes: 32 random bytes.
  package init(bytes: [UInt8]) {
    key = SymmetricKey(data: bytes)
  }

  /// HMAC-SHA256 of a patient's identifier, 32 bytes. The purpose is part of what is hashed, so that a pseudonym made for the
  /// trail matches none made for another use.
  package func patient(_ identifier: String) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array("vigil trail patient\u{0}\(identifier)".utf8), using: key))
  }

  /// The same of a card's uuid, in any case and with or without `urn:uuid:`; its first 16 bytes, as long as a uuid.
  package func card(_ uuid: String) -> [UInt8] {
    let lower = uuid.lowercased()
    let bare = lower.hasPrefix("urn:uuid:") ? String(lower.dropFirst(9)) : lower
    return Array(
      HMAC<SHA256>.authenticationCode(for: Array("vigil trail card\u{0}\(bare)".utf8), using: key).prefix(16))
  }
}
