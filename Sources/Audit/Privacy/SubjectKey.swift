// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// The data key of one patient: everything stored of what was said about them is sealed under it, and their records are told
/// apart from others' by a token made with it. Once it is destroyed, nobody can read the one or make the other again, while the
/// leaves and every proof stay as they are.
struct SubjectKey: Sendable {
  /// Its row; never given twice.
  let id: Int64
  /// 32 bytes.
  let bytes: [UInt8]
  /// What stands in a leaf for the patient: HMAC-SHA256, so that it says nothing without the key.
  let token: [UInt8]
  private let key: SymmetricKey
  /// What binds a sealed payload to its subject.
  private let context: [UInt8]

  init(id: Int64, bytes: [UInt8]) {
    self.id = id
    self.bytes = bytes
    key = SymmetricKey(data: bytes)
    context = Array("vigil payload 2\u{0}".utf8) + TaggedFields.bigEndian(UInt64(bitPattern: id))
    token = Array(HMAC<SHA256>.authenticationCode(for: Array("vigil trail subject".utf8), using: key))
  }

  /// A new key from the system's random source.
  init(id: Int64) {
    // The bytes are copied out while the key lives.
    self.init(id: id, bytes: unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Array($0) })
  }

  /// Length of a nonce of AES-GCM (NIST SP 800-38D section 8.2.2).
  static let nonceLength = 12

  /// Seals a payload: AES-256-GCM; nonce, ciphertext and tag. The commitment in the leaf binds it to its record, the context here to
  /// its subject.
  ///
  /// - Parameter nonce: random bytes of this length, used for nothing else.
  func seal(_ plain: [UInt8], nonce: ArraySlice<UInt8>) throws(AuditError) -> [UInt8] {
    let sealed = try? AES.GCM.seal(plain, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: context)
    guard let combined = sealed?.combined else { throw AuditError(.writeFailed) }
    return Array(combined)
  }

  /// Opens what `seal` made; nil when it was changed or is another subject's.
  func open(_ sealed: some DataProtocol) -> [UInt8]? {
    guard let box = try? AES.GCM.SealedBox(combined: sealed),
      let plain = try? AES.GCM.open(box, using: key, authenticating: context)
    else { return nil }
    return Array(plain)
  }
}
