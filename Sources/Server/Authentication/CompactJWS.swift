// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A JSON Web Signature in compact serialization (RFC 7515 section 7.1), taken apart and not yet believed.
///
/// It is read more strictly than libraries do, by the service's one JSON reader: a text that two readers could understand
/// differently (a member twice, padding, bits left over) is refused before anything is made of it.
package struct CompactJWS: Sendable {
  /// The algorithms that are accepted: those CDS Hooks recommends. None is symmetric, and none is `none`
  /// (cds-hooks 2.0, "must not accept").
  package enum Algorithm: String, Sendable, CaseIterable {
    case es384 = "ES384"
    case rs384 = "RS384"
  }

  /// What it says it is signed with.
  package let algorithm: Algorithm
  /// The name of the key, `kid`.
  package let keyID: String
  /// Where it says that its key set lies, `jku`; never a reason to go there.
  package let keySetURL: String?
  /// What it says it is, `typ`.
  package let type: String?
  /// The payload.
  package let payload: [UInt8]
  /// The signature: for ES384 the two numbers side by side.
  package let signature: [UInt8]
  /// What was signed: the first two parts, as they came.
  package let signingInput: [UInt8]

  /// Longest token that is read, in bytes.
  package static let mostBytes = 8192

  /// Takes a token apart.
  ///
  /// - Throws: `.malformed` or `.algorithm`.
  package init(_ text: some StringProtocol) throws(TokenRefusal) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.mostBytes else { throw .malformed }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let head = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2]), !payload.isEmpty, !signature.isEmpty
    else { throw .malformed }
    guard let header = Self.object(head) else { throw .malformed }
    // RFC 7515 section 4.1.11: what is critical must be understood, and this service understands no extension. `b64` (RFC
    // 7797) would change what was signed, even from a client that forgets to call it critical.
    guard !header.has("crit"), !header.has("b64") else { throw .malformed }
    guard let name = header["alg"]?.string else { throw .malformed }
    guard let algorithm = Algorithm(rawValue: name) else { throw .algorithm }
    guard let keyID = header["kid"]?.string, (1...256).contains(keyID.utf8.count) else { throw .malformed }
    self.algorithm = algorithm
    self.keyID = keyID
    keySetURL = try Self.text(header, "jku")
    type = try Self.text(header, "typ")
    self.payload = payload
    self.signature = signature
    signingInput = Array(bytes[..<parts[1].endIndex])
  }

  /// The object that a part of a token holds; nil when it is none, or says something twice.
  static func object(_ bytes: [UInt8]) -> Node? {
    var limits = Limits()
    limits.bytes = mostBytes
    limits.depth = 8
    guard let document = try? Document(bytes, syntax: .json, limits: limits), document.root.kind == .object else {
      return nil
    }
    return document.root
  }

  private static func text(_ header: Node, _ name: StaticString) throws(TokenRefusal) -> String? {
    guard let node = header[name] else { return nil }
    guard let text = node.string else { throw .malformed }
    return text
  }
}
