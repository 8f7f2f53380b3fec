// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// Makes a client's tokens, and tokens that no service may take.
package struct TokenMaker: Sendable {
  /// What is wrong with a token.
  enum Fault: CaseIterable {
    case none, algorithmNone, symmetric, otherAudience, expired, brokenSignature
  }

  private let key: P384.Signing.PrivateKey
  private let keyID: String
  private let issuer: String
  private let keySetURL: String?
  /// The URL under which the service knows itself.
  private let base: String
  private let now: @Sendable () -> Int

  /// A maker of ES384 tokens.
  ///
  /// - Parameters:
  ///   - pem: the private key, PKCS #8 or SEC 1 in PEM.
  ///   - now: seconds since 1970.
  /// - Throws: when the key is none of P-384.
  package init(
    pem: String, keyID: String, issuer: String, keySetURL: String?, base: String, now: @escaping @Sendable () -> Int
  ) throws {
    key = try P384.Signing.PrivateKey(pemRepresentation: pem)
    self.keyID = keyID
    self.issuer = issuer
    self.keySetURL = keySetURL
    self.base = base
    self.now = now
  }

  /// A new key in PEM, for a first try.
  package static func newKey() -> String { P384.Signing.PrivateKey().pemRepresentation }

  /// The header's value for a path.
  func authorization(for path: String, _ fault: Fault = .none) throws -> String {
    "Bearer \(try token(for: path, fault))"
  }

  private func token(for path: String, _ fault: Fault) throws -> String {
    let time = now()
    var header: [String: Any] = ["alg": "ES384", "typ": "JWT", "kid": keyID]
    if let keySetURL { header["jku"] = keySetURL }
    if fault == .algorithmNone { header["alg"] = "none" }
    if fault == .symmetric { header["alg"] = "HS384" }
    let payload: [String: Any] = [
      "iss": issuer, "aud": fault == .otherAudience ? "https://elsewhere.example\(path)" : base + path,
      "exp": fault == .expired ? time - 3600 : time + 300, "iat": fault == .expired ? time - 3900 : time,
      "jti": UUID().uuidString,
    ]
    let signed = try [header, payload].map { part in
      Self.base64(try JSONSerialization.data(withJSONObject: part, options: [.sortedKeys, .withoutEscapingSlashes]))
    }.joined(separator: ".")
    if fault == .algorithmNone { return signed + "." }
    if fault == .symmetric {
      // Keyed with the public key, as in the attack that mixes up the kinds of keys.
      let secret = SymmetricKey(data: Data(key.publicKey.pemRepresentation.utf8))
      return signed + "." + Self.base64(Data(HMAC<SHA384>.authenticationCode(for: Data(signed.utf8), using: secret)))
    }
    var signature = try key.signature(for: Data(signed.utf8)).rawRepresentation
    if fault == .brokenSignature { signature[0] ^= 1 }
    return signed + "." + Self.base64(signature)
  }

  private static func base64(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}
