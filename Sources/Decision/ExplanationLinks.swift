// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Crypto
import FHIR

/// Where the cards of one answer lead to say why: a page of the service for each card, opened by a link that only those have who
/// were sent the card. A clinician's browser has no token, so the link itself is the permission, for a while.
package struct ExplanationLinks: Sendable, Equatable {
  /// Hours for which a link opens: a shift, and the round after it.
  package static let validHours = 24.0

  /// The address under which browsers know the service, without a slash at its end.
  package var address: String
  /// The secret of this answer's links, of which nothing can be learned about those of another.
  package var key: String

  /// Links of an answer.
  package init(address: String, key: String) {
    self.address = address
    self.key = key
  }

  /// The page of a card: `ADDRESS/explanations/UUID?at=MILLISECONDS&client=ID&signature=HEX`, without a client where none are
  /// configured. Of the answers that show a card, the instant means one.
  func url(card uuid: String, client: String, at instant: Instant) -> String {
    let caller = client.isEmpty ? "" : "&client=\(WireFormat.percentEncoded(client))"
    return "\(address)/explanations/\(uuid)?at=\(instant.milliseconds)\(caller)&signature=\(signature(card: uuid))"
  }

  /// Whether a link with this signature was sent with a card.
  package func opens(card uuid: String, signature: String) -> Bool {
    let (wanted, given) = (Array(self.signature(card: uuid).utf8), Array(signature.utf8))
    // Every byte is looked at, so that time tells nothing of how many were right.
    return wanted.count == given.count && zip(wanted, given).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
  }

  /// HMAC-SHA256 of the card's uuid under the answer's secret, its first 16 bytes in hexadecimal.
  private func signature(card uuid: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array(uuid.lowercased().utf8), using: SymmetricKey(data: Array(key.utf8)))
    return PackageSeal.hexadecimal(Array(code).prefix(16))
  }

  var json: JSON { ["address": .string(address), "key": .string(key)] }

  /// Reads it back from a record; nil when it is none.
  init?(_ node: Node) {
    guard let address = node["address"]?.string, let key = node["key"]?.string else { return nil }
    self.init(address: address, key: key)
  }
}
