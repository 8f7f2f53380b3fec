// SPDX-License-Identifier: Apache-2.0
package import Audit
import Foundation
import NIOSSL

/// An audit record repository that the trail is sent to, or what takes its place, and how it is reached.
package struct AuditRepository: Sendable, Equatable {
  /// As what it takes records.
  package let form: FeedForm
  /// Its FHIR base; of a collector where it takes logs; of a syslog receiver host and port.
  package let url: ServerURL
  /// File of the authorities that its certificate is taken from, PEM; those of the system when absent.
  package let authorities: String?
  /// File of the token that it is shown, read anew for every Bundle; none when absent.
  package let token: String?

  /// - Parameter form: as what it takes records. A collector is named by its base (`OTEL_EXPORTER_OTLP_ENDPOINT`), a syslog receiver by
  ///   `HOST` or `HOST:PORT`.
  /// - Throws: `ServerConfiguration.Refusal.unusableRepository` when the URL is neither https nor this machine's, a file cannot be read,
  ///   or everybody on this machine can read the token.
  package init(
    _ url: String, as form: FeedForm = .fhir, authorities: String?, token: String?
  ) throws(ServerConfiguration.Refusal) {
    guard let place = Self.place(url, form),
      place.scheme == "https" || ["127.0.0.1", "::1", "localhost"].contains(place.host)
    else { throw .unusableRepository }
    self.form = form
    self.url = place
    self.authorities = authorities
    self.token = token
    if let authorities {
      guard let found = try? NIOSSLCertificate.fromPEMFile(authorities), !found.isEmpty else {
        throw .unusableRepository
      }
    }
    if let token {
      let mode = try? FileManager.default.attributesOfItem(atPath: token)[.posixPermissions] as? NSNumber
      guard let mode, mode.intValue & 0o007 == 0, bearer != nil else { throw .unusableRepository }
    }
  }

  /// What its position is kept under.
  package var name: String {
    switch form {
    case .fhir: url.text
    case .otlp: "otlp+\(url.text)"
    case .syslog: "syslog+tls\(url.text.dropFirst("https".count))"
    }
  }

  /// Where records of a form are sent; nil where that is no address.
  private static func place(_ url: String, _ form: FeedForm) -> ServerURL? {
    switch form {
    case .fhir: return ServerURL(url)
    case .otlp:
      // As `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` has it, or the base of all signals.
      guard let base = ServerURL(url), !base.path.hasSuffix("/v1/logs") else { return ServerURL(url) }
      return ServerURL(base.url(of: "v1/logs"))
    case .syslog:
      // Behind a slash, which a URL of no path may have, the port would not be found, and 443 be taken for it.
      guard !url.contains("/"), let host = ServerURL("https://" + url), host.path.isEmpty else { return nil }
      // RFC 5425 section 4.1.
      return url.hasSuffix(":\(host.port)") ? host : ServerURL("https://\(url):6514")
    }
  }

  /// How it is reached over TLS.
  ///
  /// - Parameter certificates: the service's own, which it is shown where it asks for one (IHE ITI-19: nodes authenticate each other).
  func tls(showing certificates: ServerCertificates.Files?) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let authorities { tls.trustRoots = .file(authorities) }
    if let certificates {
      tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificates.chain).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificates.key, format: .pem))
    }
    return tls
  }

  /// The token as its file has it now; nil where there is none, or what no header field may hold (RFC 6750 section 2.1).
  var bearer: String? {
    guard let token, let text = try? String(contentsOfFile: token, encoding: .utf8) else { return nil }
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return !trimmed.isEmpty && trimmed.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } ? trimmed : nil
  }
}
