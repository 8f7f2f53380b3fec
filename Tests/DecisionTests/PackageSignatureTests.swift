// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation
import Testing

@Suite struct PackageSignatureTests {
  static func key(_ first: UInt8) throws -> PackageSigningKey {
    try #require(PackageSigningKey(seed: (0..<32).map { first &+ $0 }))
  }

  static func url(_ folder: String, _ file: String) -> URL { URL(fileURLWithPath: "\(folder)/\(file)") }

  @Test func aSignedPackageLoadsForThoseWhoTrustTheKey() throws {
    try Samples.withPackageFolder { folder in
      let (key, other) = (try Self.key(1), try Self.key(2))
      let digest = try ModelPackage.load(folder).digest
      let unsigned = #expect(throws: ModelPackageError.self) {
        try ModelPackage.load(folder, trusting: [key.publicKey])
      }
      #expect(unsigned?.code == .untrusted && unsigned?.detail == nil)
      try PackageSeal.sign(folder, with: key)
      // The signature is outside of the list: the package is the same.
      #expect(try ModelPackage.load(folder).digest == digest)
      #expect(try ModelPackage.load(folder, trusting: [other.publicKey, key.publicKey]).digest == digest)
      #expect(try PackageSeal.open(folder).signature?.publicKey == key.publicKey)
      for keys in [[], [other.publicKey]] {
        let error = #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder, trusting: keys) }
        #expect(error?.code == .untrusted && error?.detail == "key \(key.publicKey.id)")
      }
      try PackageSeal.sign(folder, with: other)
      #expect(try ModelPackage.load(folder, trusting: [other.publicKey]).digest == digest)
    }
  }

  @Test func anyFlippedBitOfTheSignatureIsRefused() throws {
    try Samples.withPackageFolder { folder in
      let key = try Self.key(1)
      try PackageSeal.sign(folder, with: key)
      let url = Self.url(folder, PackageSignature.file)
      let bytes = Array(try Data(contentsOf: url))
      func refused(_ changed: [UInt8]) throws {
        try Data(changed).write(to: url)
        let error = #expect(throws: ModelPackageError.self) { try PackageSeal.open(folder) }
        #expect(error?.code == .invalidSignature && error?.file == PackageSignature.file)
      }
      for place in bytes.indices {
        for bit in 0..<8 {
          var changed = bytes
          changed[place] ^= 1 << UInt8(bit)
          try refused(changed)
        }
      }
      for changed in [[], bytes + [0x0A], Array(bytes.dropLast()), [0x20] + bytes] { try refused(changed) }
      try Data(bytes).write(to: url)
      _ = try PackageSeal.open(folder)
    }
  }

  @Test func aFlippedByteOfAnyFileOfASignedPackageIsRefused() throws {
    try Samples.withPackageFolder { folder in
      let key = try Self.key(1)
      try PackageSeal.sign(folder, with: key)
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
        let url = Self.url(folder, file)
        let bytes = Array(try Data(contentsOf: url))
        for place in [0, bytes.count / 2, bytes.count - 1] {
          var changed = bytes
          changed[place] ^= 0x10
          try Data(changed).write(to: url)
          #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder, trusting: [key.publicKey]) }
        }
        try Data(bytes).write(to: url)
      }
      _ = try ModelPackage.load(folder, trusting: [key.publicKey])
    }
  }

  /// Whoever changes a file can make a new list, but not a signature of it.
  @Test func aChangedPackageSealedAgainIsNotSigned() throws {
    try Samples.withPackageFolder { folder in
      let key = try Self.key(1)
      try PackageSeal.sign(folder, with: key)
      let signature = try Data(contentsOf: Self.url(folder, PackageSignature.file))
      try Data(#"{"changed": true}"#.utf8).write(to: Self.url(folder, "evaluation.json"))
      try PackageSeal.seal(folder)
      #expect(try PackageSeal.open(folder).signature == nil)
      try signature.write(to: Self.url(folder, PackageSignature.file))
      let error = #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
      #expect(error?.code == .invalidSignature)
    }
  }

  @Test func keysSurviveTheirFiles() throws {
    try Samples.withPackageFolder { folder in
      let key = try Self.key(7)
      let (secret, open) = ("\(folder)/signing.key", "\(folder)/signing.pub")
      try key.write(secret)
      try key.publicKey.write(open)
      #expect(try PackageSigningKey.read(secret).publicKey == key.publicKey)
      #expect(try PackagePublicKey.read(open) == key.publicKey)
      let permissions = try FileManager.default.attributesOfItem(atPath: secret)[.posixPermissions] as? NSNumber
      #expect(permissions?.intValue == 0o600)
      // A key is never overwritten, and one that others can read is none.
      #expect(throws: ModelPackageError.self) { try Self.key(8).write(secret) }
      #expect(try PackageSigningKey.read(secret).publicKey == key.publicKey)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: secret)
      let error = #expect(throws: ModelPackageError.self) { try PackageSigningKey.read(secret) }
      #expect(error?.code == .unusableKey)
      for text in ["", "AAAA\n", "not base64\n", String(repeating: "A", count: 43) + "="] {
        try Data(text.utf8).write(to: URL(fileURLWithPath: open))
        #expect(throws: ModelPackageError.self) { try PackagePublicKey.read(open) }
      }
    }
  }

  /// RFC 8032 section 7.1, test 1: the public key of a known seed.
  @Test func theKeyIsEd25519() throws {
    func bytes(_ text: String) -> [UInt8] {
      stride(from: 0, to: text.count, by: 2).compactMap { UInt8(text.dropFirst($0).prefix(2), radix: 16) }
    }
    let key = PackageSigningKey(seed: bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    #expect(
      key?.publicKey.bytes == bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
  }
}
