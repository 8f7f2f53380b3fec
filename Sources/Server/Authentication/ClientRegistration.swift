// SPDX-License-Identifier: Apache-2.0
package import CDSHooks

/// A client that the operator lets in, and how it is known.
///
/// A client with an issuer must bear a token of that issuer. A client with certificates must come over a connection with one
/// of them. A client with both must do both.
package struct ClientRegistration: Sendable {
  /// Its name in logs, metrics and records.
  package var id: String
  /// The `iss` of its tokens.
  package var issuer: String?
  /// Where its keys are published: the only `jku` that its tokens may name.
  package var keySetURL: String?
  /// Whether that address may lie in a private network.
  package var isInternal = false
  /// Its keys, when they came by another way.
  package var keys = VerificationKeySet()
  /// The tenants it may speak for; nil when it does not matter.
  package var tenants: Set<String>?
  /// What its tokens may have as `aud` beside the address that is called: some clients have one value for all services.
  package var audiences: Set<String> = []
  /// DNS names and URIs of which its certificate must bear one as subject alternative name.
  package var certificates: Set<String> = []
  /// What it may do.
  package var roles: Set<Role> = [.client]
  /// How its hook requests are read; nil for as the service reads all.
  package var reading: HookRequest.Reading?
  /// Requests a second that it may send on average; nil for as many as there is room for.
  package var requestsPerSecond: Double?

  /// A client with nothing but a name.
  package init(id: String) {
    self.id = id
  }
}
