// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation
import Glibc

/// The public half of a key that signs model packages (Ed25519, RFC 8032). A file of it holds its 32 bytes in base64.
package struct PackagePublicKey: Sendable, Equatable {
  /// The 32 bytes.
  package let bytes: [UInt8]

  /// A key of its bytes; nil unless there are 32.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// The first eight bytes of the key's SHA-256 in hexadecimal: how people and records name it.
  package var id: String { PackageSeal.hexadecimal(SHA256.hash(data: bytes).prefix(8)) }

  /// Reads a key file.
  ///
  /// - Throws: `ModelPackageError.unusableKey`.
  package static func read(_ path: String) throws(ModelPackageError) -> PackagePublicKey {
    guard let text = FileManager.default.contents(atPath: path), let bytes = CanonicalBase64.bytes(of: text.dropLast()),
      text.last == 0x0A, let key = PackagePublicKey(bytes)
    else { throw ModelPackageError(.unusableKey, detail: path) }
    return key
  }

  /// Writes a key file.
  ///
  /// - Throws: `ModelPackageError.unusableKey`.
  package func write(_ path: String) throws(ModelPackageError) {
    do {
      try Data("\(CanonicalBase64.text(of: bytes))\n".utf8).write(to: URL(fileURLWithPath: path))
    } catch {
      throw ModelPackageError(.unusableKey, detail: path)
    }
  }
}

/// A key that signs model packages. A file of it holds its 32-byte seed in base64 and is readable by its owner alone.
package struct PackageSigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey
  /// The half that is given away.
  package let publicKey: PackagePublicKey

  /// A key of its seed; nil unless there are 32 bytes.
  package init?(seed: [UInt8]) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
      let publicKey = PackagePublicKey(Array(key.publicKey.rawRepresentation))
    else { return nil }
    self.key = key
    self.publicKey = publicKey
  }

  /// Reads a key file and refuses one that others can read.
  ///
  /// - Throws: `ModelPackageError.unusableKey`.
  package static func read(_ path: String) throws(ModelPackageError) -> PackageSigningKey {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let permissions = attributes[.posixPermissions] as? NSNumber, permissions.intValue & 0o077 == 0,
      let text = FileManager.default.contents(atPath: path), text.last == 0x0A,
      let seed = CanonicalBase64.bytes(of: text.dropLast()), let key = PackageSigningKey(seed: seed)
    else { throw ModelPackageError(.unusableKey, detail: path) }
    return key
  }

  /// Writes a key file that its owner alone can read. What lies at the path is never replaced: a lost key is lost for good.
  ///
  /// - Throws: `ModelPackageError.unusableKey`.
  package func write(_ path: String) throws(ModelPackageError) {
    // `open` reads the path's bytes during the call only; no other call creates a file that was never readable by others.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ModelPackageError(.unusableKey, detail: path) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data("\(CanonicalBase64.text(of: Array(key.rawRepresentation)))\n".utf8))
      try file.synchronize()
    } catch {
      throw ModelPackageError(.unusableKey, detail: path)
    }
  }

  /// The 64 bytes of the signature of a message.
  func signature(of message: [UInt8]) throws(ModelPackageError) -> [UInt8] {
    do {
      return Array(try key.signature(for: message))
    } catch {
      throw ModelPackageError(.unusableKey)
    }
  }
}
