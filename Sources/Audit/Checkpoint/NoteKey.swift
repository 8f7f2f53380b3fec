// SPDX-License-Identifier: Apache-2.0
import Crypto

/// A public Ed25519 key by name: what a verifier of checkpoints is given (C2SP signed-note, `vkey`).
package struct NoteKey: Sendable, Hashable {
  /// What a signature of the key says.
  package enum Kind: UInt8, Sendable {
    /// The log's: this is the tree. Signs the text as it is.
    case log = 0x01
    /// A witness's: at this time this was the largest tree I had seen, and it grew out of the ones before (C2SP
    /// tlog-cosignature). Signs the time and the text.
    case witness = 0x04
  }

  /// A URL without scheme by recommendation; no spaces, no `+`.
  package let name: String
  /// What its signatures say.
  package let kind: Kind
  /// 32 bytes (RFC 8032).
  package let publicKey: [UInt8]

  /// A key of its parts; nil when the name is none or the bytes are not a key.
  package init?(name: String, kind: Kind, publicKey: [UInt8]) {
    guard Self.isName(name), publicKey.count == 32,
      (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil
    else { return nil }
    self.name = name
    self.kind = kind
    self.publicKey = publicKey
  }

  /// SHA-256(name, newline, kind, public key), its first four bytes.
  package var id: UInt32 {
    let digest = SHA256.hash(data: Array("\(name)\n".utf8) + [kind.rawValue] + publicKey)
    return digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// `name+hexadecimal id+base64(kind || public key)`.
  package var vkey: String { "\(name)+\(Self.hexadecimal(id))+\(Base64.text([kind.rawValue] + publicKey))" }

  /// Reads a `vkey`; nil when it is none or its id is not that of its content.
  package init?(vkey: some StringProtocol) {
    // Base 64 may hold `+`, a name and an id may not.
    let parts = vkey.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = Base64.bytes(parts[2]), let kind = bytes.first.flatMap(Kind.init) else {
      return nil
    }
    self.init(name: String(parts[0]), kind: kind, publicKey: Array(bytes.dropFirst()))
    guard Self.hexadecimal(id) == parts[1] else { return nil }
  }

  /// Whether `signature` is this key's of `text`.
  package func isValid(_ signature: [UInt8], of text: String) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
    switch kind {
    case .log:
      return signature.count == 64 && key.isValidSignature(signature, for: Array(text.utf8))
    case .witness:
      guard signature.count == 72, let time = Self.time(ofCosignature: signature) else { return false }
      return key.isValidSignature(signature[8...], for: Self.cosigned(text, time: time))
    }
  }

  /// When a witness signed, in seconds since 1970.
  package static func time(ofCosignature signature: [UInt8]) -> Int64? {
    guard signature.count == 72 else { return nil }
    return TaggedFields.number(signature[..<8]).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// What a witness signs.
  static func cosigned(_ text: String, time: Int64) -> [UInt8] {
    Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
  }

  /// C2SP signed-note: not empty, no spaces, no plus.
  static func isName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty && name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 }
  }

  private static func hexadecimal(_ id: UInt32) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
