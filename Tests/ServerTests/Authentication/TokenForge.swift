// SPDX-License-Identifier: Apache-2.0
import Crypto
import CryptoExtras
import FHIR
import Foundation

/// Makes tokens, good ones and bad ones, from their parts.
struct TokenForge: Sendable {
  static let issuer = "https://ehr.example.org"
  static let keySetURL = "https://ehr.example.org/jwks.json"
  static let externalURL = "https://cds.example.org"
  static let path = "/cds-services/patient-risk"
  /// 2026-03-12T13:20:00Z
  static let now = Instant(milliseconds: 1_773_321_600_000)

  let curve = P384.Signing.PrivateKey()
  /// Making one takes a moment, so all tests share it.
  static let rsa = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

  var header: JSON = ["alg": "ES384", "typ": "JWT", "kid": "one", "jku": .string(Self.keySetURL)]
  var claims: JSON = [
    "iss": .string(Self.issuer), "aud": .string(Self.externalURL + Self.path), "iat": 1_773_321_590,
    "exp": 1_773_321_890, "jti": "b6a0c5f6",
  ]

  static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// A token signed by the elliptic curve key.
  func token() throws -> String { try sign(header.encoded(), claims.encoded()) }

  /// A token of parts that need not be JSON.
  func sign(_ header: [UInt8], _ claims: [UInt8]) throws -> String {
    let input = Self.base64URL(header) + "." + Self.base64URL(claims)
    return input + "." + Self.base64URL(try curve.signature(for: Data(input.utf8)).rawRepresentation)
  }

  /// A token signed by the RSA key, with SHA-384 unless told otherwise.
  func rsaToken(padding: _RSA.Signing.Padding = .insecurePKCS1v1_5) throws -> String {
    let input = Self.base64URL(header.encoded()) + "." + Self.base64URL(claims.encoded())
    let digest = SHA384.hash(data: Data(input.utf8))
    return input + "." + Self.base64URL(try Self.rsa.get().signature(for: digest, padding: padding).rawRepresentation)
  }

  /// The public half of the elliptic curve key as a JSON Web Key.
  var key: JSON {
    let point = Array(curve.publicKey.rawRepresentation)
    return [
      "kty": "EC", "crv": "P-384", "kid": "one", "use": "sig", "alg": "ES384",
      "x": .string(Self.base64URL(point.prefix(48))), "y": .string(Self.base64URL(point.suffix(48))),
    ]
  }

  /// The public half of the RSA key as a JSON Web Key.
  static func rsaKey() throws -> JSON {
    let numbers = try rsa.get().publicKey.getKeyPrimitives()
    return [
      "kty": "RSA", "kid": "two", "n": .string(base64URL(numbers.modulus)),
      "e": .string(base64URL(numbers.publicExponent)),
    ]
  }

  /// The key set with both keys.
  func keySet() throws -> [UInt8] { JSON.object([.init("keys", .array([key, try Self.rsaKey()]))]).encoded() }
}
