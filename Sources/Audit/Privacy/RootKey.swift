// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// The key that all subjects' data keys are wrapped under. It lies in a file of its own, so that the trail, its backups and the
/// key can be kept by different people.
package struct RootKey: Sendable, Equatable {
  private let key: SymmetricKey

  /// Bytes of a key.
  static let length = 32

  /// - Parameter bytes: 32 random bytes.
  package init(bytes: [UInt8]) {
    key = SymmetricKey(data: bytes)
  }

  /// A new key from the system's random source.
  init() {
    key = SymmetricKey(size: .bits256)
  }

  /// What its file holds. The bytes are copied out while the key lives.
  var bytes: [UInt8] { unsafe key.withUnsafeBytes { unsafe Array($0) } }

  /// Tells whether two processes have the same key, and nothing of the key.
  var fingerprint: [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: Array("vigil fingerprint".utf8), using: key)) }

  /// The form of a stored key, which its first byte says: bound to the pseudonym beside it. Of before that, keys were bound to their
  /// number alone and had no such byte (`UnboundKeys`).
  static let wrapVersion: UInt8 = 2

  /// A subject's key as it is stored: the version, then AES-256-GCM (NIST SP 800-38D), nonce, ciphertext and tag, bound to the row it
  /// stands in and to the patient whose row that is.
  func wrap(_ subjectKey: SubjectKey, of pseudonym: [UInt8]) throws(AuditError) -> [UInt8] {
    let sealed = try? AES.GCM.seal(
      subjectKey.bytes, using: key, authenticating: Self.context(of: subjectKey.id, pseudonym))
    guard let combined = sealed?.combined else { throw AuditError(.keyUnusable) }
    return [Self.wrapVersion] + combined
  }

  /// Reads a stored key; nil when it was made under another root key, changed, moved from another row, or lies beside another's
  /// pseudonym, or none.
  func unwrap(_ wrapped: [UInt8], id: Int64, of pseudonym: [UInt8]?) -> SubjectKey? {
    guard wrapped.first == Self.wrapVersion, let pseudonym else { return nil }
    return open(wrapped.dropFirst(), authenticating: Self.context(of: id, pseudonym))
      .map { SubjectKey(id: id, bytes: $0) }
  }

  /// Length of a stored key of before they were bound to their patients.
  static let unboundLength = 60

  /// Reads such a key; nil when it is none of this row's.
  func unwrapUnbound(_ wrapped: [UInt8], id: Int64) -> SubjectKey? {
    let context = Array("vigil subject key 1\u{0}".utf8) + TaggedFields.bigEndian(UInt64(bitPattern: id))
    guard wrapped.count == Self.unboundLength else { return nil }
    return open(wrapped[...], authenticating: context).map { SubjectKey(id: id, bytes: $0) }
  }

  private func open(_ combined: ArraySlice<UInt8>, authenticating context: [UInt8]) -> [UInt8]? {
    guard let box = try? AES.GCM.SealedBox(combined: combined),
      let bytes = try? AES.GCM.open(box, using: key, authenticating: context)
    else { return nil }
    return Array(bytes)
  }

  private static func context(of id: Int64, _ pseudonym: [UInt8]) -> [UInt8] {
    Array("vigil subject key 2\u{0}".utf8) + TaggedFields.bigEndian(UInt64(bitPattern: id)) + pseudonym
  }
}
