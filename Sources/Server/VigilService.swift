// SPDX-License-Identifier: Apache-2.0
package import Audit
import CDSHooks
package import Decision
package import FHIR
package import Hummingbird
import HummingbirdCore
package import Logging

/// The service: the pure assessment behind HTTP, with the trail between the answer and the wire.
package struct VigilService: Sendable {
  /// What is in force now: the models, and what is stopped.
  package let inForce: InForce
  /// Where every answer is committed before it is sent.
  package let trail: AuditTrail
  /// Where it listens and what it reads at most.
  package let configuration: ServerConfiguration
  /// The way to clients' FHIR servers.
  package let clients: OutboundClients
  /// What stands between the wire and the answers.
  let gate: Gate
  /// Whether answers go to the trail; only a benchmark ever says no.
  let isRecorded: Bool
  /// Where the trail is read at length.
  package let reading = ReadingQueue()
  /// What was shown before, as far as alert policies ask.
  let memory = AlertMemory()
  /// How the sending to each audit record repository stands.
  package let feed = FeedStatus()
  /// The clock: the instant of every assessment and of every record.
  package let now: @Sendable () -> Instant
  /// How far it may be off; nil where nobody says.
  let clock: @Sendable () -> ClockState?

  /// A service of its parts.
  ///
  /// - Parameters:
  ///   - access: who may call; nil when everybody on this machine may.
  ///   - certificates: what the configuration's files hold; nil without TLS.
  ///   - clock: how far the clock may be off.
  package init(
    inForce: InForce, trail: AuditTrail, configuration: ServerConfiguration,
    clients: OutboundClients = OutboundClients(), access: AccessControl? = nil,
    certificates: ServerCertificates? = nil, isRecorded: Bool = true, now: @escaping @Sendable () -> Instant,
    clock: @escaping @Sendable () -> ClockState? = { nil }
  ) {
    self.inForce = inForce
    self.trail = trail
    self.configuration = configuration
    self.clients = clients
    self.isRecorded = isRecorded
    gate = Gate(limits: configuration.limits, access: access, certificates: certificates)
    self.now = now
    self.clock = clock
  }

  /// The pure assessment that answers now. A request asks once.
  package var assessor: Assessor { inForce.assessor }

  /// The HTTP application, ready to run or to be tested.
  ///
  /// - Parameter onReady: called with the port once requests are accepted.
  package func application(
    logger: Logger, onReady: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let router = Router(context: ServiceContext.self)
    router.add(middleware: AnswerPolicy(service: self))
    router.add(middleware: AccessPolicy(service: self))
    router.get("/cds-services") { _, _ in try discovery() }
    router.post("/cds-services/:id") { request, context in try await answerHook(request, context) }
    router.post("/cds-services/:id/feedback") { request, context in try await receiveFeedback(request, context) }
    router.post("/fhir/$assess") { request, context in try await answerBundle(request, context) }
    router.get("/explanations/:card") { request, context in try await explain(request, context) }
    router.get("/fhir/AuditEvent") { request, context in try await readAuditEvents(request, context) }
    router.get("/fhir/AuditEvent/:id") { request, context in try await readAuditEvent(request, context) }
    router.get("/fhir/metadata") { request, _ in capability(request) }
    router.get("/v2") { request, _ in try describeInference(request) }
    router.get("/v2/**") { request, _ in try describeInference(request) }
    router.post("/v2/**") { request, context in try await infer(request, context) }
    router.get("/openapi.json") { _, _ in
      Response(mediaType: "application/json", bytes: PackageResources.openapi_json)
    }
    router.get("/metrics") { _, _ in metrics() }
    router.get("/healthz") { _, _ in Self.status(.ok, "ok") }
    router.get("/readyz") { _, _ in
      readiness()
    }
    return Application(
      router: router,
      server: HTTPServerBuilder { responder in
        GuardedChannel(
          responder: responder, limits: configuration.limits, counts: gate.connections, certificates: gate.certificates,
          metrics: gate.metrics)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port), serverName: "vigil"),
      services: [
        RejectionClock(service: self), TrailUpkeep(service: self), ReloadClock(gate: gate, logger: logger),
        ControlClock(service: self, logger: logger), ClockWatch(service: self),
        EmergencyWatch(service: self, logger: logger), RootKeyClock(service: self, logger: logger),
        WitnessClock(trail: trail, witnesses: configuration.witnesses, logger: logger),
        FeedClock(service: self, form: .fhir, logger: logger), FeedClock(service: self, form: .otlp, logger: logger),
        FeedClock(service: self, form: .syslog, logger: logger),
      ],
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? configuration.port) },
      logger: logger)
  }

  /// The methods of a path, in the order of `Allow`; nil for a path that is not ours.
  func methods(of path: String) -> [HTTPRequest.Method]? {
    switch path {
    case "/cds-services", "/healthz", "/readyz", "/metrics", "/openapi.json", Self.auditEvents, "/fhir/metadata":
      [.get, .options]
    case "/fhir/$assess": [.post, .options]
    default:
      if Self.isExplanation(path) || Self.isAuditEvent(path) {
        [.get, .options]
      } else if let inference = InferencePath(path) {
        [inference.isInference ? .post : .get, .options]
      } else {
        serviceID(in: path) == nil ? nil : [.post, .options]
      }
    }
  }

  /// What a path is about; nil for one that is not ours.
  ///
  /// Which services there are is for clients to know, so every path that could be a service's is one until its caller is known.
  func operation(of path: String) -> Operation? {
    switch path {
    case "/cds-services": .discovery
    case "/fhir/$assess": .assess
    case Self.auditEvents: .auditEvents
    case "/metrics": .metrics
    case "/healthz", "/readyz", "/v2/health/live", "/v2/health/ready": .health
    case "/openapi.json", "/fhir/metadata": .description
    default:
      if Self.isExplanation(path) {
        .explanation
      } else if Self.isAuditEvent(path) {
        .auditEvents
      } else {
        path.hasPrefix("/cds-services/") ? .hook : InferencePath(path) == nil ? nil : .inference
      }
    }
  }

  /// Whether a path may be that of an explanation: which cards there are is for those who have their link.
  static func isExplanation(_ path: String) -> Bool { isOne(path, of: "/explanations") }

  /// Where AuditEvents are.
  static let auditEvents = "/fhir/AuditEvent"

  /// Whether a path may be that of an AuditEvent: which there are is for auditors to know.
  static func isAuditEvent(_ path: String) -> Bool { isOne(path, of: auditEvents) }

  /// Whether a path is that of something in a collection.
  private static func isOne(_ path: String, of collection: String) -> Bool {
    let name = path.hasPrefix(collection + "/") ? path.dropFirst(collection.count + 1) : ""
    return !name.isEmpty && name.allSatisfy { $0 != "/" }
  }

  /// The id of one of our services in the path of a call or of a feedback.
  func serviceID(in path: String) -> String? {
    assessor.services.discovery.services.map(\.id).first {
      path == "/cds-services/\($0)" || path == "/cds-services/\($0)/feedback"
    }
  }

  /// The name under which a path stands in the record.
  func name(of path: String) -> String? {
    switch operation(of: path) {
    case .assess: Answer.bundleService
    case .inference: Answer.inferenceService
    default: serviceID(in: path)
    }
  }

  /// Whether calls can be answered. That the audit repository lacks something is said, and is no reason to answer nobody.
  private func readiness() -> Response {
    guard trail.isWritable else { return Self.status(.serviceUnavailable, "the trail cannot be written") }
    return Self.status(.ok, "ready", unsent: unsent)
  }

  /// Records that the audit repository does not have, of several the one that has the fewest; nil where none is configured.
  private var unsent: Int64? { configuration.auditRepositories.map { unsent(to: $0.form) }.max() }

  /// Records that the audit repository of a form does not have.
  func unsent(to form: FeedForm) -> Int64 {
    let feed = feed.snapshot(of: form)
    return max(trail.size, feed.recorded) - feed.sent
  }

  private static func status(_ status: HTTPResponse.Status, _ text: String, unsent: Int64? = nil) -> Response {
    Response(
      status: status, json: ["status": .string(text), "unsentAuditEvents": unsent.map { .number(literal: "\($0)") }])
  }
}
