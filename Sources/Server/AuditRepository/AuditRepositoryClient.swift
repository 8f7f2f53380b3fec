// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
package import Audit
import NIOCore
import NIOHTTP1

/// Sends Bundles to an audit record repository, or log records to a collector, one request at a time. Where the service has a certificate of its own it shows it when it is asked for
/// one.
package actor AuditRepositoryClient {
  /// An answer names the status of each of a hundred events, and what is wrong with it.
  private static let mostBytes = 4 << 20
  /// How long a repository may ask to be left alone: who asks for more is asked again then.
  private static let longestPause = 600

  private let repository: AuditRepository
  private let certificates: ServerCertificates.Files?
  /// How long the last byte of an answer is waited for.
  private let patience: Duration
  private var client: HTTPClient?

  /// - Parameters:
  ///   - certificates: the service's own; nil without TLS.
  package init(
    _ repository: AuditRepository, certificates: ServerCertificates.Files?, patience: Duration = .seconds(30)
  ) {
    self.repository = repository
    self.certificates = certificates
    self.patience = patience
  }

  /// Sends what some records are; nil when there is no answer in time.
  package func post(_ records: [UInt8]) async -> AuditEventFeed.Answer? {
    var request = HTTPClientRequest(url: repository.url.text)
    request.method = .POST
    let mediaType = repository.form == .fhir ? "application/fhir+json" : "application/json"
    request.headers.add(name: "content-type", value: mediaType)
    request.headers.add(name: "accept", value: mediaType)
    if repository.form == .fhir { request.headers.add(name: "prefer", value: "return=minimal") }
    request.headers.add(name: "user-agent", value: "vigil")
    if repository.token != nil {
      // Without the token that is asked for nothing is sent.
      guard let bearer = repository.bearer else { return nil }
      request.headers.add(name: "authorization", value: "Bearer \(bearer)")
    }
    request.body = .bytes(ByteBuffer(bytes: records))
    do {
      let budget = FetchBudget(requests: 1, bytes: Self.mostBytes)
      let answer = try await open().answer(to: request, before: .now + patience) { try budget.take(bytes: $0) }
      return AuditEventFeed.Answer(
        status: answer.status, body: answer.bytes, retryAfter: Self.pause(answer.status, answer.headers))
    } catch {
      // The next one reads the files of certificates anew: one of them may have run out.
      await shutdown()
      return nil
    }
  }

  /// How long a repository that has too much to do asks to be left alone, where it says so in seconds.
  private static func pause(_ status: Int, _ headers: HTTPHeaders) -> Duration? {
    guard status == 429 || status == 503, let text = headers.first(name: "retry-after"), let seconds = Int(text),
      seconds >= 0
    else { return nil }
    return .seconds(min(seconds, longestPause))
  }

  /// Closes the connection.
  package func shutdown() async {
    let client = client
    self.client = nil
    try? await client?.shutdown()
  }

  private func open() throws -> HTTPClient {
    if let client { return client }
    let tls = try repository.tls(showing: certificates)
    let made = HTTPClient(
      eventLoopGroupProvider: .singleton,
      configuration: HTTPClient.Configuration(
        tlsConfiguration: tls, redirectConfiguration: .disallow,
        timeout: .init(connect: .seconds(5), read: .seconds(30))))
    client = made
    return made
  }
}
