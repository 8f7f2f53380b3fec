// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR
import JWTKit

/// A public key of a client, and the one algorithm it is good for.
///
/// An algorithm belongs to a key, never to the token's word: an RSA key is never used to check anything but RS384, so no
/// token can have one algorithm's key taken for another's secret (RFC 8725 section 3.1).
package struct VerificationKey: Sendable {
  /// Its name, `kid`.
  package let id: String
  /// What it checks.
  package let algorithm: CompactJWS.Algorithm
  private let verifier: any JWTAlgorithm

  /// Reads a JSON Web Key (RFC 7517); nil when it cannot be used here: another type or curve, a weak or odd number, a key for
  /// encryption, a name missing, or the private part published along with it.
  package init?(_ key: Node) async {
    guard let id = key["kid"]?.string, !id.isEmpty, !key.has("d"), !key.has("k") else { return nil }
    // RFC 7517 sections 4.2 and 4.3.
    if let use = key["use"], use.string != "sig" { return nil }
    if key.has("key_ops"), !key.elements("key_ops").contains(where: { $0.string == "verify" }) { return nil }
    let keys = JWTKeyCollection()
    switch key["kty"]?.string {
    case "EC":
      // RFC 7518 section 6.2.1.2: coordinates have their full length. That the point lies on the curve is checked below.
      guard key["crv"]?.string == "P-384", let x = Self.number(key, "x"), x.bytes.count == 48,
        let y = Self.number(key, "y"), y.bytes.count == 48,
        let point = try? ES384PublicKey(parameters: (x: x.text, y: y.text))
      else { return nil }
      algorithm = .es384
      await keys.add(ecdsa: point)
    case "RSA":
      // RFC 7518 section 3.3: 2048 bits or more. More than 8192 cost more than they are worth, and so does an exponent that is
      // not one of the usual small ones; below 65537 they are known for trouble (FIPS 186-5 section A.1.1).
      guard let n = Self.number(key, "n"), let first = n.bytes.first, first != 0,
        (2048...8192).contains(n.bytes.count * 8 - first.leadingZeroBitCount),
        n.bytes.last.map({ $0 % 2 == 1 }) == true,
        let e = Self.number(key, "e"), (3...4).contains(e.bytes.count), e.bytes.first != 0,
        e.bytes.reduce(0, { $0 << 8 | Int($1) }) >= 65_537, e.bytes.last.map({ $0 % 2 == 1 }) == true,
        let numbers = try? Insecure.RSA.PublicKey(modulus: n.text, exponent: e.text)
      else { return nil }
      algorithm = .rs384
      await keys.add(rsa: numbers, digestAlgorithm: .sha384)
    default: return nil
    }
    if let stated = key["alg"], stated.string != algorithm.rawValue { return nil }
    guard let verifier = try? await keys.getKey() else { return nil }
    self.id = id
    self.verifier = verifier
  }

  /// Whether this key made the signature.
  package func verifies(_ jws: CompactJWS) -> Bool {
    guard jws.algorithm == algorithm else { return false }
    // RFC 7518 section 3.4: two numbers of 48 bytes each, and no other form of them.
    if algorithm == .es384, jws.signature.count != 96 { return false }
    return (try? verifier.verify(jws.signature, signs: jws.signingInput)) == true
  }

  /// A number as base64url text that is the only one for its bytes, and the bytes.
  private static func number(_ key: Node, _ name: StaticString) -> (text: String, bytes: [UInt8])? {
    guard let text = key[name]?.string, let bytes = Base64URL.decode(text.utf8), !bytes.isEmpty else { return nil }
    return (text, bytes)
  }
}
