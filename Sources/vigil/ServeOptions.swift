// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
import FHIR
import Foundation
import Logging
import Server

/// How `vigil serve` is reached and by whom.
struct ServeOptions: ParsableArguments {
  @Option(help: "Address to listen on; a loopback address unless there are TLS and clients.") var host = "127.0.0.1"
  @Option(help: "TCP port; 0 lets the system choose.") var port = 8080
  @Option(help: "File of the TLS certificate and those that lead to its authority, PEM; read again when it changes.")
  var tlsCertificate: String?
  @Option(help: "File of the certificate's private key, PEM.") var tlsKey: String?
  @Option(help: "File of the authorities whose client certificates are taken, PEM.") var tlsClientAuthorities: String?
  @Flag(help: "Take no connection without a client certificate.") var requireClientCertificate = false
  @Option(help: "File of the clients that may call, JSON (docs/operations.md); read again when it changes.")
  var clients: String?
  @Option(
    help: "The https URL under which clients know this service: what tokens are for, and where cards' explanations are."
  )
  var externalUrl: String?
  @Option(help: "Origin whose pages may call from a browser, such as https://ehr.example.org; may be repeated.")
  var origin: [String] = []
  @Option(help: "Base URL of a FHIR server that may be called; may be repeated.") var fhirServer: [String] = []
  @Option(help: "The same for a server whose address is not of the public internet.") var internalFhirServer: [String] =
    []
  @Flag(help: "Refuse requests that break CDS Hooks instead of reading them as they are meant.") var strict = false
  @Option(help: "File of the witnesses that cosign the trail's checkpoints (docs/trail.md).") var witnesses: String?
  @Option(help: "FHIR base of the audit repository that every record is sent to (docs/operations.md).")
  var auditRepository: String?
  @Option(help: "File of the authorities that its certificate is taken from, PEM; those of the system when absent.")
  var auditRepositoryAuthorities: String?
  @Option(help: "File of the token that it is shown; read anew every time.") var auditRepositoryToken: String?
  @Option(help: "Base URL of the OpenTelemetry collector that every record is sent to as a log (docs/operations.md).")
  var auditOtlp: String?
  @Option(help: "File of the authorities that its certificate is taken from, PEM; those of the system when absent.")
  var auditOtlpAuthorities: String?
  @Option(help: "File of the token that it is shown; read anew every time.") var auditOtlpToken: String?
  @Option(help: "Syslog receiver that every record is sent to over TLS, HOST or HOST:PORT (docs/operations.md).")
  var auditSyslog: String?
  @Option(help: "File of the authorities that its certificate is taken from, PEM; those of the system when absent.")
  var auditSyslogAuthorities: String?
  @Option(help: "Least that is logged: info tells of every request, notice of those that are refused.")
  var logLevel = "notice"

  @OptionGroup(title: "Limits") var limits: LimitOptions

  /// The configuration they make.
  func configuration() throws -> ServerConfiguration {
    let servers = fhirServer.map { ($0, false) } + internalFhirServer.map { ($0, true) }
    // Tokens are for an address, and without tokens nobody asks for one.
    guard (clients == nil) == (externalUrl == nil) else { throw ServerConfiguration.Refusal.invalidExternalURL }
    return try ServerConfiguration(
      host: host, port: port, limits: limits.limits, certificates: try certificateFiles(), externalURL: externalUrl,
      origins: Set(origin),
      outbound: OutboundPolicy(try servers.map { try OutboundPolicy.Entry($0, isInternal: $1) }),
      fetchLimits: limits.fetchLimits, reading: strict ? .strict : .tolerant,
      witnesses: try witnessPolicy().members, auditRepositories: try repositories())
  }

  /// Where the trail is sent to.
  private func repositories() throws -> [AuditRepository] {
    let all = [
      try repository(auditRepository, as: .fhir, auditRepositoryAuthorities, auditRepositoryToken),
      try repository(auditOtlp, as: .otlp, auditOtlpAuthorities, auditOtlpToken),
      try repository(auditSyslog, as: .syslog, auditSyslogAuthorities, nil),
    ]
    return all.compactMap(\.self)
  }

  private func repository(
    _ place: String?, as form: FeedForm, _ authorities: String?, _ token: String?
  ) throws -> AuditRepository? {
    guard let place else {
      guard authorities == nil, token == nil else { throw ServerConfiguration.Refusal.unusableRepository }
      return nil
    }
    return try AuditRepository(place, as: form, authorities: authorities, token: token)
  }

  /// Who is asked to cosign: each by an address.
  private func witnessPolicy() throws -> WitnessPolicy {
    guard let witnesses else { return WitnessPolicy() }
    guard let text = try? String(contentsOfFile: witnesses, encoding: .utf8), let policy = WitnessPolicy(text: text),
      policy.members.allSatisfy({ $0.url.flatMap(WitnessClient.init) != nil })
    else { throw ServerConfiguration.Refusal.unusableWitnesses }
    return policy
  }

  private func certificateFiles() throws -> ServerCertificates.Files? {
    guard let tlsCertificate, let tlsKey else {
      guard tlsCertificate == nil, tlsKey == nil, tlsClientAuthorities == nil, !requireClientCertificate else {
        throw ServerConfiguration.Refusal.unusableCertificates
      }
      return nil
    }
    guard tlsClientAuthorities != nil || !requireClientCertificate else {
      throw ServerConfiguration.Refusal.unusableCertificates
    }
    return ServerCertificates.Files(
      chain: tlsCertificate, key: tlsKey, clientAuthorities: tlsClientAuthorities,
      requiresClientCertificate: requireClientCertificate)
  }

  /// What the certificate files hold; nil without TLS.
  func certificates(_ configuration: ServerConfiguration) throws -> ServerCertificates? {
    guard let files = configuration.certificates else { return nil }
    do {
      return try ServerCertificates(files)
    } catch .exposedKey {
      throw ServerConfiguration.Refusal.exposedKey
    } catch .unusable {
      throw ServerConfiguration.Refusal.unusableCertificates
    }
  }

  /// Who may call; nil when no clients are configured.
  ///
  /// - Parameter data: the folder in which tokens are remembered.
  func access(
    _ configuration: ServerConfiguration, data: String, outbound: OutboundClients
  ) async throws -> AccessControl? {
    guard let clients, let externalURL = configuration.externalURL else { return nil }
    let replays = try ReplayStore(DataDirectory(path: data), boot: ReplayStore.boot, now: Instant(Date()))
    let keySets = KeySetCache { url, isInternal in await outbound.keySet(at: url, isInternal: isInternal) }
    return try await AccessControl(
      file: clients, externalURL: externalURL, keySets: keySets, replays: replays, limits: configuration.limits)
  }

  /// A log of one JSON object a line, on standard error.
  func logger() throws -> Logger {
    guard let level = Logger.Level(rawValue: logLevel) else {
      throw ValidationError("--log-level is one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    var logger = Logger(label: "vigil") { label in
      JSONLogHandler(label: label) { FileHandle.standardError.write(Data($0)) }
    }
    logger.logLevel = level
    return logger
  }
}
