// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The claims of a CDS client's token (cds-hooks 2.0, trusting CDS clients), not yet believed.
package struct ClientToken: Sendable {
  /// The signature it came in.
  package let jws: CompactJWS
  /// Who made it, `iss`.
  package let issuer: String
  /// Whom it is for, `aud`: one URL or several.
  package let audience: [String]
  /// When its time is over, `exp`.
  package let expires: Instant
  /// When it was made, `iat`.
  package let issued: Instant
  /// When its time begins, `nbf`.
  package let notBefore: Instant?
  /// Its own name, `jti`.
  package let id: String
  /// What stands on record of it.
  package let nameOnRecord: String
  /// Which of the client's tenants it speaks for, `tenant`.
  package let tenant: String?

  /// Reads a token.
  ///
  /// - Throws: `.malformed`, `.algorithm` or `.claims`.
  package init(_ text: some StringProtocol) throws(TokenRefusal) {
    jws = try CompactJWS(text)
    // RFC 8725 section 3.11: a token of another kind, signed with the same key, is not taken for this one.
    guard jws.type?.lowercased() == "jwt" else { throw .malformed }
    guard let claims = CompactJWS.object(jws.payload) else { throw .malformed }
    guard let issuer = Self.name(claims["iss"]), let id = Self.name(claims["jti"]),
      let audience = Self.audience(claims["aud"]), let expires = Self.instant(claims["exp"]),
      let issued = Self.instant(claims["iat"])
    else { throw .claims }
    self.issuer = issuer
    self.id = id
    nameOnRecord = Self.recordedName(id, subject: claims["sub"]?.string)
    self.audience = audience
    self.expires = expires
    self.issued = issued
    notBefore = try Self.optional(claims["nbf"], Self.instant)
    tenant = try Self.optional(claims["tenant"], Self.name)
  }

  /// A string of a length that somebody could mean.
  private static func name(_ node: Node?) -> String? {
    guard let text = node?.string, (1...1024).contains(text.utf8.count) else { return nil }
    return text
  }

  private static func audience(_ node: Node?) -> [String]? {
    guard let node else { return nil }
    if let one = name(node) { return [one] }
    guard node.kind == .array, (1...32).contains(node.count) else { return nil }
    let all = node.children.compactMap { name($0) }
    return all.count == node.count ? all : nil
  }

  /// A NumericDate: seconds since 1970, which may have a fraction (RFC 7519 section 2).
  private static func instant(_ node: Node?) -> Instant? {
    // Up to the year 9999; 1e308 or -1 is no date that a clock gave.
    guard let node, node.kind == .number, let seconds = node.double, (0...253_402_300_799).contains(seconds) else {
      return nil
    }
    return Instant(milliseconds: Int64((seconds * 1000).rounded(.down)))
  }

  private static func optional<Value>(
    _ node: Node?, _ read: (Node?) -> Value?
  ) throws(TokenRefusal) -> Value? {
    guard let node else { return nil }
    guard let value = read(node) else { throw .claims }
    return value
  }
}
