// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR
import Foundation

/// The private half of a `NoteKey`, as it lies in its file: `PRIVATE+KEY+name+id+base64(kind || seed)`.
package struct NoteSigner: Sendable {
  /// The public half.
  package let key: NoteKey
  private let privateKey: Curve25519.Signing.PrivateKey

  /// A new key from the system's random source.
  package init?(name: String, kind: NoteKey.Kind) {
    self.init(name: name, kind: kind, Curve25519.Signing.PrivateKey())
  }

  /// Reads the text of a key file; nil when it is none.
  package init?(text: some StringProtocol) {
    let prefix = "PRIVATE+KEY+"
    guard text.hasPrefix(prefix) else { return nil }
    let parts = text.dropFirst(prefix.count).split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = Base64.bytes(parts[2]), let kind = bytes.first.flatMap(NoteKey.Kind.init),
      let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.dropFirst())
    else { return nil }
    self.init(name: String(parts[0]), kind: kind, privateKey)
    guard self.text == text else { return nil }
  }

  private init?(name: String, kind: NoteKey.Kind, _ privateKey: Curve25519.Signing.PrivateKey) {
    guard let key = NoteKey(name: name, kind: kind, publicKey: Array(privateKey.publicKey.rawRepresentation)) else {
      return nil
    }
    self.key = key
    self.privateKey = privateKey
  }

  /// What its file holds, without the newline.
  package var text: String {
    let id = key.vkey.split(separator: "+")[1]
    return "PRIVATE+KEY+\(key.name)+\(id)+\(Base64.text([key.kind.rawValue] + privateKey.rawRepresentation))"
  }

  /// The log's signature of a text.
  package func sign(_ text: String) throws(AuditError) -> SignedNote.Signature {
    precondition(key.kind == .log)
    return SignedNote.Signature(name: key.name, keyID: key.id, bytes: try signature(for: Array(text.utf8)))
  }

  /// The witness's cosignature of a checkpoint's text.
  ///
  /// - Parameter now: when it was seen; to the second.
  package func cosign(_ text: String, at now: Instant) throws(AuditError) -> SignedNote.Signature {
    precondition(key.kind == .witness)
    let seconds = now.milliseconds / 1000
    let bytes = TaggedFields.bigEndian(UInt64(bitPattern: seconds))
    return SignedNote.Signature(
      name: key.name, keyID: key.id, bytes: bytes + (try signature(for: NoteKey.cosigned(text, time: seconds))))
  }

  private func signature(for message: [UInt8]) throws(AuditError) -> [UInt8] {
    do {
      return Array(try privateKey.signature(for: message))
    } catch {
      throw AuditError(.keyUnusable)
    }
  }
}
