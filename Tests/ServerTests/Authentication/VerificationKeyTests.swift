// SPDX-License-Identifier: Apache-2.0
import Crypto
import CryptoExtras
import FHIR
import Foundation
import Server
import Testing

@Suite struct VerificationKeyTests {
  let forge = TokenForge()

  private func key(_ json: JSON) async throws -> VerificationKey? {
    await VerificationKey(try Document(json.encoded(), syntax: .json).root)
  }

  @Test func verifiesBothAlgorithms() async throws {
    let curve = try #require(try await key(forge.key))
    #expect(curve.verifies(try CompactJWS(try forge.token())))
    let rsa = try #require(try await key(try TokenForge.rsaKey()))
    var other = forge
    other.header["alg"] = "RS384"
    #expect(rsa.verifies(try CompactJWS(try other.rsaToken())))
    // RSA-PSS under the name of PKCS #1 v1.5 is another algorithm.
    #expect(!rsa.verifies(try CompactJWS(try other.rsaToken(padding: .PSS))))
    // Nor is a key good for the other algorithm.
    #expect(!rsa.verifies(try CompactJWS(try forge.token())))
    #expect(!curve.verifies(try CompactJWS(try other.rsaToken())))
  }

  @Test func refusesEveryOtherSignature() async throws {
    let key = try #require(try await key(forge.key))
    let token = try forge.token()
    let parts = token.split(separator: ".").map(String.init)
    let good = try CompactJWS(token).signature
    func verifies(_ signature: [UInt8]) throws -> Bool {
      key.verifies(try CompactJWS("\(parts[0]).\(parts[1]).\(TokenForge.base64URL(signature))"))
    }
    #expect(try verifies(good))
    for bit in 0..<good.count * 8 where bit % 7 == 0 {
      var flipped = good
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(try !verifies(flipped))
    }
    let zero = [UInt8](repeating: 0, count: 48)
    // The order of the group (SEC 2, secp384r1): numbers must be below it, and not zero.
    let order =
      [UInt8](repeating: 0xFF, count: 24)
      + [
        0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF, 0x58, 0x1A, 0x0D, 0xB2, 0x48, 0xB0, 0xA7, 0x7A, 0xEC, 0xEC,
        0x19,
        0x6A, 0xCC, 0xC5, 0x29, 0x73,
      ]
    let (r, s) = (Array(good[..<48]), Array(good[48...]))
    for bad in [zero + zero, zero + s, r + zero, order + s, r + order, order + order, s + r] {
      #expect(try !verifies(bad))
    }
    for bad in [Array(good.dropLast()), good + [0], [0] + good, [0] + r + [0] + s, good + good] {
      #expect(try !verifies(bad))
    }
    // The form that X.509 uses.
    let der = try P384.Signing.ECDSASignature(rawRepresentation: good).derRepresentation
    #expect(try !verifies(Array(der)))
  }

  @Test func refusesAChangedText() async throws {
    let key = try #require(try await key(forge.key))
    var other = forge
    other.claims["jti"] = "another"
    let (one, two) = (try forge.token().split(separator: "."), try other.token().split(separator: "."))
    #expect(!key.verifies(try CompactJWS("\(one[0]).\(two[1]).\(one[2])")))
    #expect(!key.verifies(try CompactJWS("\(one[0]).\(one[1]).\(two[2])")))
  }

  @Test func refusesUnusableCurveKeys() async throws {
    let p256 = Array(P256.Signing.PrivateKey().publicKey.rawRepresentation)
    let changes: [(String, JSON?)] = [
      ("kid", nil), ("kid", ""), ("kty", "RSA"), ("kty", "oct"), ("crv", "P-256"), ("crv", "P-521"),
      ("crv", "secp256k1"),
      ("x", nil), ("x", forge.key["y"]), ("x", .string(TokenForge.base64URL([UInt8](repeating: 0, count: 48)))),
      ("x", .string(TokenForge.base64URL(p256.prefix(32)))), ("x", .string((forge.key["x"]?.string ?? "") + "=")),
      ("use", "enc"), ("alg", "ES256"), ("alg", "RS384"), ("key_ops", ["sign"]), ("key_ops", []),
      ("d", .string(TokenForge.base64URL(forge.curve.rawRepresentation))), ("k", "c2VjcmV0"),
    ]
    for (name, value) in changes {
      var bad = forge.key
      bad[name] = value
      #expect(try await key(bad) == nil, "\(name)")
    }
    var good = forge.key
    good["key_ops"] = ["verify"]
    good["x5c"] = ["ignored"]
    #expect(try await key(good) != nil)
  }

  @Test func refusesUnusableRSAKeys() async throws {
    let good = try TokenForge.rsaKey()
    let n = try #require(good["n"]?.string)
    func number(_ bytes: [UInt8]) -> JSON { .string(TokenForge.base64URL(bytes)) }
    let changes: [(String, JSON?)] = [
      // 2040 bits, 1024 bits, more than 8192, even, with a leading zero.
      ("n", number([0xFF] + [UInt8](repeating: 0xA5, count: 254))), ("n", number([UInt8](repeating: 0xA5, count: 128))),
      ("n", number([0x7F] + [UInt8](repeating: 0xFF, count: 255))),
      ("n", number([UInt8](repeating: 0xA5, count: 1025))), ("n", number([UInt8](repeating: 0xA4, count: 256))),
      ("n", number([0] + [UInt8](repeating: 0xA5, count: 256))), ("n", .string(n + "=")), ("n", ""), ("n", nil),
      // 1, 3, even, with a leading zero, huge.
      ("e", number([1])), ("e", number([3])), ("e", number([1, 0, 0])), ("e", number([0, 1, 0, 1])),
      ("e", number([1, 0, 0, 0, 1])), ("e", number([UInt8](repeating: 0xFF, count: 256))), ("e", nil),
      ("alg", "RS256"), ("alg", "PS384"), ("alg", "ES384"), ("use", "enc"), ("d", number([1, 2, 3])),
    ]
    #expect(try await key(good) != nil)
    for (name, value) in changes {
      var bad = good
      bad[name] = value
      #expect(try await key(bad) == nil, "\(name) \(value?.string?.count ?? 0)")
    }
  }

  @Test func namesThatSeveralKeysHaveAreOfNoUse() async throws {
    var second = TokenForge().key
    second["kid"] = "one"
    let set = try #require(
      await VerificationKeySet(JSON.object([.init("keys", .array([forge.key, second]))]).encoded()))
    #expect(set.key(for: try CompactJWS(try forge.token())) == nil)
    // Of different types they may share it.
    var rsa = try TokenForge.rsaKey()
    rsa["kid"] = "one"
    let mixed = try #require(
      await VerificationKeySet(JSON.object([.init("keys", .array([forge.key, rsa]))]).encoded()))
    #expect(mixed.key(for: try CompactJWS(try forge.token()))?.algorithm == .es384)
  }

  @Test func keySetsAreBounded() async throws {
    #expect(await VerificationKeySet(Array("[]".utf8)) == nil)
    #expect(await VerificationKeySet(Array(#"{"keys":{}}"#.utf8)) == nil)
    #expect(await VerificationKeySet(Array(#"{"keys":[],"keys":[]}"#.utf8)) == nil)
    #expect(await VerificationKeySet(Array(#"{"keys":[1,null,{"kty":"oct"},{}]}"#.utf8))?.isEmpty == true)
    let many = JSON.object([.init("keys", .array([JSON](repeating: [:], count: 65)))])
    #expect(await VerificationKeySet(many.encoded()) == nil)
    let long = JSON.object([.init("keys", []), .init("pad", .string(String(repeating: "x", count: 64 << 10)))])
    #expect(await VerificationKeySet(long.encoded()) == nil)
  }

  /// Google's Wycheproof collection: every signature it calls invalid is refused under the key that is stated for it, and no
  /// signature is accepted but of the two algorithms.
  @Test(.enabled(if: SharedVectors.exist, "needs the Wycheproof vectors in ../shared/data"))
  func refusesWhatWycheproofCallsInvalid() async throws {
    var (invalid, accepted) = (0, 0)
    for group in try SharedVectors.wycheproof() {
      var keys: [VerificationKey] = []
      for name in ["public", "private"] {
        guard let stated = group.member(name) else { continue }
        // The private half is only there because the collection has symmetric keys.
        guard case .object(let members) = JSON(stated) else { continue }
        let open = JSON.object(members.filter { !["d", "p", "q", "dp", "dq", "qi"].contains($0.name) })
        if let key = try await key(open) { keys.append(key) }
      }
      for test in group.elements("tests") {
        let isValid = test["result"]?.string == "valid"
        let jws = test["jws"]?.string.flatMap { try? CompactJWS($0) }
        let isAccepted = jws.map { jws in keys.contains { $0.id == jws.keyID && $0.verifies(jws) } } ?? false
        if !isValid { invalid += 1 }
        if isAccepted { accepted += 1 }
        #expect(isValid || !isAccepted, "\(test["tcId"]?.text ?? "")")
      }
    }
    #expect(invalid == 355)
    // Its RS384 keys that are stated for RS384.
    #expect(accepted > 0)
  }

  @Test func verifiesWhatAnotherImplementationSigned() async throws {
    let set = try #require(await VerificationKeySet(Array(FixedVector.keySet.utf8)))
    for token in FixedVector.tokens {
      let jws = try CompactJWS(token)
      #expect(set.key(for: jws)?.verifies(jws) == true)
    }
  }
}
