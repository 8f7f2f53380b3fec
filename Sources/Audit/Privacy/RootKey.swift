// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// The key that all subjects' data keys are wrapped under. It lies in a file of its own, so that the trail, its backups and the
/// key can be kept by different people.
package struct RootKey: Sendable {
  private let key: SymmetricKey

  /// - Parameter bytes: 32 random bytes.
  package init(bytes: [UInt8]) {
    key = SymmetricKey(data: bytes)
  }

  /// Tells whether two processes have the same key, and nothing of the key.
  var fingerprint: [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: Array("vigil fingerprint".utf8), using: key)) }

  /// A subject's key as it is stored: AES-256-GCM (NIST SP 800-38D), nonce, ciphertext and tag, bound to the row it stands in.
  func wrap(_ subjectKey: SubjectKey) throws(AuditError) -> [UInt8] {
    let sealed = try? AES.GCM.seal(
      subjectKey.bytes, using: key, authenticating: Self.context(of: subjectKey.id))
    guard let combined = sealed?.combined else { throw AuditError(.keyUnusable) }
    return Array(combined)
  }

  /// Reads a stored key; throws when it was made under another root key, changed, or moved from another row.
  func unwrap(_ wrapped: [UInt8], id: Int64) throws(AuditError) -> SubjectKey {
    guard let box = try? AES.GCM.SealedBox(combined: wrapped),
      let bytes = try? AES.GCM.open(box, using: key, authenticating: Self.context(of: id))
    else { throw AuditError(.keyUnusable) }
    return SubjectKey(id: id, bytes: Array(bytes))
  }

  private static func context(of id: Int64) -> [UInt8] {
    Array("vigil subject key 1\u{0}".utf8) + TaggedFields.bigEndian(UInt64(bitPattern: id))
  }
}
