// SPDX-License-Identifier: Apache-2.0
import Foundation
package import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// The service's own certificate and key, and the authorities whose client certificates it takes, as files that may change
/// while it runs.
package final class ServerCertificates: Sendable {
  /// Where they lie. All are PEM.
  package struct Files: Sendable, Equatable {
    /// The certificate, and those that lead to an authority the clients know.
    package var chain: String
    /// Its private key, which nobody else may read.
    package var key: String
    /// Authorities whose client certificates are taken; nil when clients show none.
    package var clientAuthorities: String?
    /// Whether every client must show a certificate.
    package var requiresClientCertificate = false

    /// A certificate and its key.
    package init(chain: String, key: String, clientAuthorities: String? = nil, requiresClientCertificate: Bool = false)
    {
      self.chain = chain
      self.key = key
      self.clientAuthorities = clientAuthorities
      self.requiresClientCertificate = requiresClientCertificate
    }

    fileprivate var all: [String] { [chain, key] + (clientAuthorities.map { [$0] } ?? []) }
  }

  /// Why they are not taken.
  package enum Refusal: Error, Sendable, Hashable {
    /// A file cannot be read as what it should be, or the key is not that of the certificate.
    case unusable
    /// The key can be read by everybody on this machine.
    case exposedKey
  }

  private let files: Files
  private let state: Mutex<(context: NIOSSLContext, versions: [Date?])>

  /// Reads the files.
  package init(_ files: Files) throws(Refusal) {
    self.files = files
    state = Mutex((try Self.context(files), Self.versions(files)))
  }

  /// Whether clients may show certificates.
  var takesClientCertificates: Bool { files.clientAuthorities != nil }

  /// What a new connection is opened with.
  package var context: NIOSSLContext { state.withLock { $0.context } }

  /// Reads the files again when one has changed; true when what they hold is used from now on.
  ///
  /// - Throws: when they cannot be used; what was read before stays, and the next call tries again.
  package func reload() throws(Refusal) -> Bool {
    let versions = Self.versions(files)
    guard versions != state.withLock({ $0.versions }) else { return false }
    let context = try Self.context(files)
    state.withLock { $0 = (context, versions) }
    return true
  }

  private static func versions(_ files: Files) -> [Date?] {
    files.all.map { try? FileManager.default.attributesOfItem(atPath: $0)[.modificationDate] as? Date }
  }

  private static func context(_ files: Files) throws(Refusal) -> NIOSSLContext {
    let mode = try? FileManager.default.attributesOfItem(atPath: files.key)[.posixPermissions] as? NSNumber
    guard let mode else { throw .unusable }
    guard mode.intValue & 0o007 == 0 else { throw .exposedKey }
    do {
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(files.chain).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
      configuration.minimumTLSVersion = .tlsv12
      // Of TLS 1.2 only what has forward secrecy and authenticated encryption (RFC 9325 section 4.2); 1.3 has nothing else.
      configuration.cipherSuiteValues = [
        .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
      ]
      configuration.applicationProtocols = ["http/1.1"]
      if let authorities = files.clientAuthorities {
        configuration.trustRoots = .file(authorities)
        configuration.certificateVerification =
          files.requiresClientCertificate ? .noHostnameVerification : .optionalVerification
      }
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw .unusable
    }
  }

  /// The DNS names and URIs that a certificate bears as subject alternative names; what stands in its subject is no name
  /// (RFC 6125 section 6.4.4).
  package static func names(of certificate: NIOSSLCertificate) -> Set<String> {
    guard let bytes = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: bytes),
      let names = try? parsed.extensions.subjectAlternativeNames
    else { return [] }
    return Set(
      names.compactMap { name in
        switch name {
        case .dnsName(let name): name
        case .uniformResourceIdentifier(let uri): uri
        default: nil
        }
      })
  }
}
