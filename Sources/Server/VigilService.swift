// SPDX-License-Identifier: Apache-2.0
package import Audit
import CDSHooks
package import Decision
package import FHIR
package import Hummingbird
package import Logging

/// The service: the pure assessment behind HTTP, with the trail between the answer and the wire.
package struct VigilService: Sendable {
  /// The pure assessment.
  package let assessor: Assessor
  /// Where every answer is committed before it is sent.
  package let trail: AuditTrail
  /// Where it listens and what it reads at most.
  package let configuration: ServerConfiguration
  /// The way to clients' FHIR servers.
  package let clients: OutboundClients
  /// The clock: the instant of every assessment and of every record.
  package let now: @Sendable () -> Instant

  /// A service of its parts.
  package init(
    assessor: Assessor, trail: AuditTrail, configuration: ServerConfiguration,
    clients: OutboundClients = OutboundClients(), now: @escaping @Sendable () -> Instant
  ) {
    self.assessor = assessor
    self.trail = trail
    self.configuration = configuration
    self.clients = clients
    self.now = now
  }

  /// The HTTP application, ready to run or to be tested.
  ///
  /// - Parameter onReady: called with the port once requests are accepted.
  package func application(
    logger: Logger, onReady: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let router = Router(context: ServiceContext.self)
    router.add(middleware: AnswerPolicy(service: self))
    router.get("/cds-services") { _, _ in try discovery() }
    router.post("/cds-services/:id") { request, context in try await answerHook(request, context) }
    router.post("/cds-services/:id/feedback") { request, context in try await receiveFeedback(request, context) }
    router.post("/fhir/$assess") { request, context in try await answerBundle(request, context) }
    router.get("/healthz") { _, _ in Self.status(.ok, "ok") }
    router.get("/readyz") { _, _ in
      trail.isWritable ? Self.status(.ok, "ready") : Self.status(.serviceUnavailable, "the trail cannot be written")
    }
    return Application(
      router: router,
      server: .http1(configuration: .init(idleTimeout: .seconds(60))),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port), serverName: "vigil"),
      services: [RejectionClock(service: self), TrailUpkeep(service: self)],
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? configuration.port) },
      logger: logger)
  }

  /// The methods of a path, in the order of `Allow`; nil for a path that is not ours.
  func methods(of path: String) -> [HTTPRequest.Method]? {
    switch path {
    case "/cds-services", "/healthz", "/readyz": [.get, .options]
    case "/fhir/$assess": [.post, .options]
    default: serviceID(in: path) == nil ? nil : [.post, .options]
    }
  }

  /// The id of one of our services in the path of a call or of a feedback.
  func serviceID(in path: String) -> String? {
    assessor.services.discovery.services.map(\.id).first {
      path == "/cds-services/\($0)" || path == "/cds-services/\($0)/feedback"
    }
  }

  private static func status(_ status: HTTPResponse.Status, _ text: String) -> Response {
    Response(status: status, json: ["status": .string(text)])
  }
}
