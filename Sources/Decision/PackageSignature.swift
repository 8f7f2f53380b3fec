// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// The signature of a package: Ed25519 over the bytes of its list of digests, hence over every byte of every file.
///
/// `SHA256SUMS.sig` lies beside the list and outside of it. Its two lines are `ed25519` with the public key, and the
/// signature, both in base64. The key is in the file so that a damaged signature is recognised wherever the package is
/// read; whether the key is one to be trusted is for the reader to say.
package struct PackageSignature: Sendable, Equatable {
  /// Name of the file.
  package static let file = "SHA256SUMS.sig"
  private static let algorithm = "ed25519 "

  /// Whose signature it is.
  package let publicKey: PackagePublicKey
  /// 64 bytes.
  private let signature: [UInt8]

  /// Signs a list of digests.
  init(of list: [UInt8], by key: PackageSigningKey) throws(ModelPackageError) {
    publicKey = key.publicKey
    signature = try key.signature(of: list)
  }

  /// Reads a signature file; nil when it is anything but what `bytes` gives.
  init?(_ bytes: [UInt8]) {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    guard lines.count == 3, lines[2].isEmpty, lines[0].starts(with: Self.algorithm.utf8),
      let key = CanonicalBase64.bytes(of: lines[0].dropFirst(Self.algorithm.utf8.count)).flatMap(PackagePublicKey.init),
      let signature = CanonicalBase64.bytes(of: lines[1]), signature.count == 64
    else { return nil }
    publicKey = key
    self.signature = signature
  }

  /// The file.
  var bytes: [UInt8] {
    Array(
      "\(Self.algorithm)\(CanonicalBase64.text(of: publicKey.bytes))\n\(CanonicalBase64.text(of: signature))\n".utf8)
  }

  /// Whether it is the key's signature of a list of digests.
  func isValid(for list: [UInt8]) -> Bool {
    let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey.bytes)
    return key?.isValidSignature(signature, for: list) == true
  }
}

extension PackageSeal {
  /// Signs the package in a folder, which must be sound, and writes the signature beside the list; an older one is replaced.
  ///
  /// - Throws: `ModelPackageError`.
  @discardableResult
  package static func sign(
    _ directory: String, with key: PackageSigningKey
  ) throws(ModelPackageError) -> PackageSignature {
    let signature = try PackageSignature(of: try open(directory, isSigning: true).list, by: key)
    do {
      try Data(signature.bytes).write(
        to: URL(fileURLWithPath: directory).appendingPathComponent(PackageSignature.file), options: .atomic)
    } catch {
      throw ModelPackageError(.unreadable, file: PackageSignature.file)
    }
    return signature
  }
}
