// SPDX-License-Identifier: Apache-2.0
package import Audit
package import CDSHooks

/// Where the service listens, what it reads at most, and whom it may call.
package struct ServerConfiguration: Sendable, Equatable {
  /// Why the service does not start.
  package enum Refusal: String, Error, Sendable, CaseIterable {
    case notLoopback = "SRV001"
    case invalidPort = "SRV002"
    case invalidServer = "SRV003"
    case invalidExternalURL = "SRV004"
    case unusableCertificates = "SRV005"
    case exposedKey = "SRV006"
    case invalidOrigin = "SRV007"
    case invalidLimit = "SRV008"
    case unusableWitnesses = "SRV009"
    case unusableRepository = "SRV010"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .notLoopback:
        "without TLS and configured clients the service listens on loopback only: give --tls-certificate, --tls-key and "
          + "--clients, or use --host 127.0.0.1 or ::1"
      case .invalidPort: "the port must be between 0 and 65535"
      case .invalidServer:
        "a FHIR server is named by an https URL without user, query and fragment; http only on this machine"
      case .invalidExternalURL:
        "clients are told apart by tokens for --external-url: the https URL under which they know this service"
      case .unusableCertificates: "the certificate, its key or the client authorities cannot be read, or do not fit"
      case .exposedKey: "the private key can be read by every user of this machine: chmod o-r"
      case .unusableWitnesses:
        "the file of witnesses cannot be read, or a line is not `witness NAME KEY https://URL` (http on this machine only)"
      case .unusableRepository:
        "an audit repository and a collector are named by an https URL (http on this machine only), a syslog receiver by HOST or HOST:PORT; "
          + "the files of their authorities and tokens can be read, a token's not by everybody (chmod o-r), and none is named without them"
      case .invalidOrigin: "an origin is a scheme, a host and a port if need be, such as https://ehr.example.org"
      case .invalidLimit:
        "a limit is above 0 and below 2^31, fetching takes 60 seconds at most, and no client has more requests waiting than "
          + "all together"
      }
    }
  }

  /// An IP address: a literal loopback address unless there are TLS and clients.
  package let host: String
  /// TCP port; 0 lets the system choose one.
  package let port: Int
  /// What is taken at most.
  package let limits: ServerLimits
  /// The certificate and its key; nil without TLS.
  package let certificates: ServerCertificates.Files?
  /// The address under which clients know the service; nil while no clients are configured.
  package let externalURL: String?
  /// The origins whose pages may call from a browser. While no clients are configured, those of this machine as well.
  package let origins: Set<String>
  /// Which FHIR servers may be called.
  package let outbound: OutboundPolicy
  /// How much is fetched from them for one call.
  package let fetchLimits: FetchLimits
  /// How clients are read.
  package let reading: HookRequest.Reading
  /// Who is asked to cosign the trail's checkpoints.
  package let witnesses: [WitnessPolicy.Member]
  /// Where the trail is sent to, one of a form.
  package let auditRepositories: [AuditRepository]

  /// - Throws: `notLoopback` for any address from which another machine could reach the service, unless there are clients to
  ///   tell apart and encryption; `invalidExternalURL`, `invalidOrigin`, `invalidPort`, `invalidLimit`.
  package init(
    host: String = "127.0.0.1", port: Int = 8080, limits: ServerLimits = ServerLimits(),
    certificates: ServerCertificates.Files? = nil, externalURL: String? = nil, origins: Set<String> = [],
    outbound: OutboundPolicy = OutboundPolicy(),
    fetchLimits: FetchLimits = FetchLimits(), reading: HookRequest.Reading = .tolerant,
    witnesses: [WitnessPolicy.Member] = [], auditRepositories: [AuditRepository] = []
  ) throws(Refusal) {
    let isOpen = certificates != nil && externalURL != nil && NetworkAddress(host) != nil
    guard let address = Self.loopback(host) ?? (isOpen ? host : nil) else { throw .notLoopback }
    if let externalURL {
      guard let url = ServerURL(externalURL), url.scheme == "https" || Self.loopback(url.host) != nil else {
        throw .invalidExternalURL
      }
    }
    guard origins.allSatisfy({ ServerURL($0)?.path == "" && !$0.hasSuffix("/") }) else { throw .invalidOrigin }
    guard (0...65_535).contains(port) else { throw .invalidPort }
    guard limits.areUsable, fetchLimits.areUsable else { throw .invalidLimit }
    self.host = address
    self.port = port
    self.limits = limits
    self.certificates = certificates
    self.externalURL = externalURL
    self.origins = origins
    self.outbound = outbound
    self.fetchLimits = fetchLimits
    self.reading = reading
    self.witnesses = witnesses
    self.auditRepositories = auditRepositories
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
