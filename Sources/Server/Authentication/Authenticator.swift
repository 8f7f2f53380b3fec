// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Decides who a caller is.
///
/// The checks of a token stand in the order of the specification's best practices: issuer, audience, time, tenant, signature,
/// and only then whether it was shown before. Each is cheaper than the next, and nothing is remembered of a token that nobody
/// known has signed.
package struct Authenticator: Sendable {
  /// What is accepted of a token's time, in milliseconds.
  package struct Times: Sendable, Equatable {
    /// How far the clocks may be apart.
    package var leeway: Int64 = 60_000
    /// The longest that a token may be good for ("no more than an hour").
    package var longest: Int64 = 3_600_000

    /// The defaults.
    package init() {}
  }

  /// How a caller came.
  package struct Credentials: Sendable, Equatable {
    /// The `Authorization` header fields, as they came.
    package var authorization: [String]
    /// The subject alternative names of the connection's certificate, which was verified; empty without one.
    package var certificateNames: Set<String>

    /// Header fields and names.
    package init(authorization: [String], certificateNames: Set<String> = []) {
      self.authorization = authorization
      self.certificateNames = certificateNames
    }
  }

  /// The address under which clients know this service, without a slash at its end.
  private let externalURL: String
  let register: ClientRegister
  private let keySets: KeySetCache
  private let replays: ReplayStore
  private let times: Times

  /// - Parameter externalURL: the address under which clients know this service; what a `Host` field says is never believed
  ///   (cds-hooks 2.0: `aud` is the URL of the endpoint).
  package init(
    externalURL: String, register: ClientRegister, keySets: KeySetCache, replays: ReplayStore, times: Times = Times()
  ) {
    self.externalURL = externalURL.hasSuffix("/") ? String(externalURL.dropLast()) : externalURL
    self.register = register
    self.keySets = keySets
    self.replays = replays
    self.times = times
  }

  /// Who calls.
  package struct Caller: Sendable {
    /// The client.
    package let client: ClientRegistration
    /// What stands on record of the token's own name, `jti`; nil where the client has a certificate alone.
    package let token: String?
  }

  /// The client that calls.
  ///
  /// - Parameter path: the path that is called, below the external URL.
  /// - Throws: why it is none.
  package func client(
    with credentials: Credentials, calling path: String, now: Instant
  ) async throws(TokenRefusal) -> Caller {
    guard !credentials.authorization.isEmpty else {
      // A client with certificates alone.
      guard !credentials.certificateNames.isEmpty else { throw .absent }
      guard let client = register.client(certificateNames: credentials.certificateNames) else { throw .certificate }
      guard client.issuer == nil else { throw .absent }
      return Caller(client: client, token: nil)
    }
    guard credentials.authorization.count == 1, let text = Self.bearer(credentials.authorization[0]) else {
      throw .malformed
    }
    let token = try ClientToken(text)
    guard let client = register.client(issuer: token.issuer) else { throw .issuer }
    guard token.audience.contains(where: { isOurs($0, path: path) || client.audiences.contains($0) }) else {
      throw .audience
    }
    try checkTime(of: token, now: now)
    if let tenants = client.tenants {
      guard let tenant = token.tenant, tenants.contains(tenant) else { throw .tenant }
    }
    guard client.certificates.isEmpty || !client.certificates.isDisjoint(with: credentials.certificateNames) else {
      throw .certificate
    }
    let keys = try await keys(of: client, for: token, now: now)
    guard let key = keys.key(for: token.jws) else { throw .key }
    guard key.verifies(token.jws) else { throw .signature }
    try await replays.admit(
      issuer: token.issuer, id: token.id, issued: token.issued,
      until: Instant(milliseconds: token.expires.milliseconds + times.leeway), now: now)
    return Caller(client: client, token: token.nameOnRecord)
  }

  /// The token of an `Authorization` field (RFC 6750 section 2.1); nil when it holds none. Some clients without a key send the
  /// word `null`.
  private static func bearer(_ field: String) -> Substring? {
    guard field.prefix(7).lowercased() == "bearer " else { return nil }
    return field.dropFirst(7)
  }

  /// The endpoint's own URL, or that of the service when its feedback is called: clients are found to use either.
  private func isOurs(_ audience: String, path: String) -> Bool {
    guard audience.hasPrefix(externalURL) else { return false }
    let called = audience.dropFirst(externalURL.count)
    return called == path || (path.hasSuffix("/feedback") && called == path.dropLast("/feedback".count))
  }

  private func checkTime(of token: ClientToken, now: Instant) throws(TokenRefusal) {
    let (now, leeway) = (now.milliseconds, times.leeway)
    guard token.expires.milliseconds + leeway > now else { throw .expired }
    guard token.issued.milliseconds <= now + leeway, (token.notBefore?.milliseconds ?? 0) <= now + leeway else {
      throw .notYetValid
    }
    // Measured from now as well, so that an `iat` of long ago does not make room for an `exp` far ahead.
    let longest = times.longest
    guard token.expires.milliseconds - token.issued.milliseconds <= longest,
      token.expires.milliseconds - now <= longest + leeway
    else { throw .lifetime }
  }

  private func keys(
    of client: ClientRegistration, for token: ClientToken, now: Instant
  ) async throws(TokenRefusal) -> VerificationKeySet {
    // Another address is never asked, whatever the token says: it would be the attacker's.
    if let named = token.jws.keySetURL, named != client.keySetURL { throw .keySet }
    guard let url = client.keySetURL else { return client.keys }
    return try await keySets.keys(at: url, isInternal: client.isInternal, for: token.jws, now: now)
  }
}
