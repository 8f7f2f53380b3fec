// SPDX-License-Identifier: Apache-2.0
import Crypto

/// A payload as it lies in the trail: its canonical bytes, compressed, then sealed under the subject's key.
struct SealedPayload: Sendable, Equatable {
  /// SHA-256 of the canonical bytes.
  let commitment: [UInt8]
  /// What is stored: nonce, ciphertext, tag.
  let bytes: [UInt8]

  /// SHA-256 of what is stored.
  var digest: [UInt8] { Array(SHA256.hash(data: bytes)) }

  /// One of its parts.
  init(commitment: [UInt8], bytes: [UInt8]) {
    self.commitment = commitment
    self.bytes = bytes
  }

  init(_ payload: AuditPayload, under key: SubjectKey) throws(AuditError) {
    let random = try RandomBytes.draw(AuditPayload.saltLength + SubjectKey.nonceLength)
    let plain = payload.bytes(salt: Array(random[..<AuditPayload.saltLength]))
    guard let compressed = Zstandard.compress(plain) else { throw AuditError(.writeFailed) }
    commitment = AuditPayload.commitment(to: plain)
    bytes = try key.seal(compressed, nonce: random[AuditPayload.saltLength...])
  }

  /// How `bytes` lie in the trail.
  static let encoding = PayloadEncoding.sealedZstandard

  /// The payload; nil when it was changed or lies under another key.
  func opened(under key: SubjectKey) -> AuditPayload? {
    Self.open(bytes, Self.encoding, under: key, commitment: commitment).flatMap(AuditPayload.init(bytes:))
  }

  /// The canonical bytes of stored ones; nil when they were changed, are another record's or another subject's.
  static func open(
    _ bytes: [UInt8], _ encoding: PayloadEncoding, under key: SubjectKey, commitment: [UInt8]
  ) -> [UInt8]? {
    key.open(bytes).flatMap { read($0, encoding, commitment: commitment) }
  }

  /// The canonical bytes of compressed ones, which must be what the leaf commits to.
  static func read(_ compressed: [UInt8], _ encoding: PayloadEncoding, commitment: [UInt8]) -> [UInt8]? {
    guard let plain = encoding.decompress(compressed), AuditPayload.commitment(to: plain) == commitment else {
      return nil
    }
    return plain
  }
}
