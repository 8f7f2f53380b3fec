// SPDX-License-Identifier: Apache-2.0

/// Which FHIR servers this service may call. None, unless the operator names them: a client says in its request where its
/// FHIR server is, and whoever may say that could otherwise send the service, with a token, anywhere.
package struct OutboundPolicy: Sendable, Equatable {
  /// One server that may be called.
  package struct Entry: Sendable, Equatable {
    /// Its base URL; servers below it may be called too.
    package let base: ServerURL
    /// Whether its name may lead into a private network.
    package let isInternal: Bool

    /// An entry of a base URL.
    ///
    /// - Parameter isInternal: whether its name may lead to an address that is not of the public internet.
    /// - Throws: `ServerConfiguration.Refusal.invalidServer` when it is no https URL; http is accepted on loopback.
    package init(_ text: String, isInternal: Bool) throws(ServerConfiguration.Refusal) {
      guard let base = ServerURL(text) else { throw .invalidServer }
      let isLoopback = ["127.0.0.1", "::1", "localhost"].contains(base.host)
      // Production data goes over TLS only (cds-hooks 2.0, fhirServer).
      guard base.scheme == "https" || isLoopback else { throw .invalidServer }
      self.base = base
      // Whoever writes this machine's own name means it.
      self.isInternal = isInternal || isLoopback
    }
  }

  /// The servers, in the operator's order.
  package var entries: [Entry]

  /// A policy of entries; without any, nothing is ever called.
  package init(_ entries: [Entry] = []) {
    self.entries = entries
  }

  /// The server that a request names, and the entry that lets it be called; nil when none does.
  package func permitted(_ text: String) -> (server: ServerURL, entry: Entry)? {
    guard let server = ServerURL(text), let entry = entries.first(where: { server.isWithin($0.base) }) else {
      return nil
    }
    return (server, entry)
  }
}
