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

  /// Tells whether two processes have the same key, and nothing of the key.
  var fingerprint: [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: Array("vigil fingerprint".utf8), using: key)) }

  /// HMAC-SHA256 of a patient's identifier, 32 bytes. The purpose is part of what is hashed, so that a pseudonym made for the
  /// trail matches none made for another use.
  ///
  /// - Parameter client: id of the client whose patient it is, since every client counts its own; empty where none are configured.
  package func patient(_ identifier: String, of client: String = "") -> [UInt8] { code("patient", identifier, client) }

  /// The same of a card's uuid, in any case and with or without `urn:uuid:`; its first 16 bytes, as long as a uuid.
  package func card(_ uuid: String, of client: String = "") -> [UInt8] {
    let lower = uuid.lowercased()
    return Array(code("card", lower.hasPrefix("urn:uuid:") ? String(lower.dropFirst(9)) : lower, client).prefix(16))
  }

  /// What stands on record for the name that a client gave the firing of a hook. A UUID, which CDS Hooks asks for, says nothing and
  /// stands as it is. What else a client writes could name the patient, and a leaf is for ever: it stands as `hmac:` and the first 16
  /// bytes of its pseudonym, so that whoever knows it and has this key finds it.
  package func hookInstance(_ name: String) -> String {
    let uuid = #/[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/#
    guard name.wholeMatch(of: uuid) == nil else { return name }
    return "hmac:" + AuditRecord.hexadecimal(Array(code("hook instance", name, "").prefix(16)))
  }

  /// What opens the page of one card of one answer, 16 bytes: from one link nothing follows for another.
  ///
  /// - Parameters:
  ///   - card: the card's pseudonym.
  ///   - milliseconds: the instant of the answer.
  package func explanation(of card: [UInt8], at milliseconds: Int64, client: String = "") -> [UInt8] {
    Array(code("explanation", "\(milliseconds) \(AuditRecord.hexadecimal(card))", client).prefix(16))
  }

  /// The secret of a purpose for which identifiers are renamed outside of the trail, 32 bytes: no two purposes can be joined, and
  /// none of them with the trail.
  package func secret(for purpose: String) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array("vigil export\u{0}\(purpose)".utf8), using: key))
  }

  /// The seal of how far the trail was sent to an audit record repository, 32 bytes.
  func feedSeal(of position: FeedPosition, for repository: String) -> [UInt8] {
    let sender = "\(AuditRecord.hexadecimal(position.sender)) \(position.turn)\n"
    let text = "vigil feed\u{0}\(repository.utf8.count):\(repository)\(position.sent.text)\(sender)"
    return Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
  }

  private func code(_ kind: String, _ identifier: String, _ client: String) -> [UInt8] {
    // The length before the client, so that no two pairs give one text; without one, the text of before there were clients.
    let text =
      client.isEmpty
      ? "vigil trail \(kind)\u{0}\(identifier)"
      : "vigil trail client \(kind)\u{0}\(client.utf8.count):\(client)\(identifier)"
    return Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
  }
}
