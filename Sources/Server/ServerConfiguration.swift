// SPDX-License-Identifier: Apache-2.0
package import CDSHooks

/// Where the service listens, what it reads at most, and whom it may call.
package struct ServerConfiguration: Sendable, Equatable {
  /// Why the service does not start.
  package enum Refusal: String, Error, Sendable, CaseIterable {
    case notLoopback = "SRV001"
    case invalidPort = "SRV002"
    case invalidServer = "SRV003"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .notLoopback:
        "without TLS and configured clients the service listens on loopback only: use --host 127.0.0.1 or ::1"
      case .invalidPort: "the port must be between 0 and 65535"
      case .invalidServer:
        "a FHIR server is named by an https URL without user, query and fragment; http only on this machine"
      }
    }
  }

  /// A literal loopback address.
  package let host: String
  /// TCP port; 0 lets the system choose one.
  package let port: Int
  /// Largest body that is read, in bytes.
  package let bodyLimit: Int
  /// Which FHIR servers may be called.
  package let outbound: OutboundPolicy
  /// How much is fetched from them for one call.
  package let fetchLimits: FetchLimits
  /// How clients are read.
  package let reading: HookRequest.Reading

  /// - Throws: `notLoopback` for any address from which another machine could reach the service: there are no clients to tell
  ///   apart and no encryption yet, so nobody else may.
  package init(
    host: String = "127.0.0.1", port: Int = 8080, bodyLimit: Int = 10 << 20,
    outbound: OutboundPolicy = OutboundPolicy(),
    fetchLimits: FetchLimits = FetchLimits(), reading: HookRequest.Reading = .tolerant
  ) throws(Refusal) {
    guard let address = Self.loopback(host) else { throw .notLoopback }
    guard (0...65_535).contains(port) else { throw .invalidPort }
    self.host = address
    self.port = port
    self.bodyLimit = bodyLimit
    self.outbound = outbound
    self.fetchLimits = fetchLimits
    self.reading = reading
  }

  /// The address itself; `localhost` is not looked up, because a hosts file may send it anywhere.
  private static func loopback(_ host: String) -> String? {
    if host == "localhost" { return "127.0.0.1" }
    if host == "::1" { return host }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "127", parts.allSatisfy({ UInt8($0).map(String.init) == String($0) }) else {
      return nil
    }
    return host
  }
}
