// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import Server
import Synchronization
import Testing

/// A service of one test's own: a trail in a folder that goes with it, a clock that stands still, a log that is kept.
final class ServiceUnderTest: Sendable {
  let trail: AuditTrail
  let service: VigilService
  let log = KeptLog()
  private let directory: DataDirectory
  /// Keeps the folder while this one uses it.
  private let previous: ServiceUnderTest?
  private let clock: Clock

  init(
    at instant: Instant = septicEnd, limits: ServerLimits = ServerLimits(), origins: Set<String> = [],
    access: AccessControl? = nil, outbound: OutboundPolicy = OutboundPolicy(),
    fetchLimits: FetchLimits = FetchLimits(), clients: OutboundClients = OutboundClients(),
    reading: HookRequest.Reading = .tolerant, load: InForce.Loading? = nil, alerting: AlertPolicy? = nil,
    control: Control = Control(), externalURL: String? = nil, auditRepository: AuditRepository? = nil,
    after previous: ServiceUnderTest? = nil
  ) throws {
    self.previous = previous
    directory =
      previous?.directory ?? DataDirectory(path: NSTemporaryDirectory() + "vigil-server-" + UUID().uuidString)
    trail = try AuditTrail(directory: directory)
    let clock = Clock(instant)
    self.clock = clock
    service = VigilService(
      inForce: InForce(
        try alerting.map { try SmallModels.assessor(alerting: $0) } ?? SmallModels.assessor.get(), control: control,
        load: load),
      trail: trail,
      configuration: try ServerConfiguration(
        port: 0, limits: limits, externalURL: externalURL, origins: origins, outbound: outbound,
        fetchLimits: fetchLimits, reading: reading, auditRepositories: auditRepository.map { [$0] } ?? []),
      clients: clients, access: access, now: { clock.now })
  }

  deinit {
    try? FileManager.default.removeItem(atPath: directory.path)
  }

  /// The next process on the same trail.
  func restarted(alerting: AlertPolicy? = nil, access: AccessControl? = nil) throws -> ServiceUnderTest {
    try trail.close()
    let next = try ServiceUnderTest(access: access, alerting: alerting, after: self)
    try next.service.remember()
    return next
  }

  /// Writes the control file and lets the service read it.
  func control(_ control: Control) async throws {
    try control.write(in: directory)
    await obey()
  }

  /// Lets the service read its control file.
  func obey() async { await service.obey(Logger(label: "control") { [log] _ in log }) }

  /// Moves the service's clock.
  func set(_ instant: Instant) { clock.set(instant) }

  /// The application, its log kept.
  var application: some ApplicationProtocol {
    let log = log
    var logger = Logger(label: "test") { _ in log }
    logger.logLevel = .info
    return service.application(logger: logger)
  }

  /// Runs one request against the router.
  func send(
    _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:], _ body: [UInt8]? = nil
  ) async throws -> TestResponse {
    try await application.test(.router) { client in
      try await client.execute(
        uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
    }
  }

  /// A call of the hook.
  func call(_ body: [UInt8]) async throws -> TestResponse {
    try await send(.post, "/cds-services/patient-risk", [.contentType: "application/json"], body)
  }

  /// Every record, oldest first.
  func records(withPayloads: Bool = true) throws -> [AuditRecord] {
    let reader = try AuditReader(directory: directory)
    let records = try reader.list(limit: 10_000).reversed()
    return withPayloads ? try records.map { try reader.record($0.sequence) } : Array(records)
  }

  /// What became of the cards.
  func report() throws -> FeedbackReport { try FeedbackReport(try AuditReader(directory: directory)) }

  /// The rows of a report, by the names of its columns.
  func rows(_ kind: TrailReport.Kind) throws -> [[String: String]] {
    var rows: [[String: String]] = []
    _ = try AuditReader(directory: directory).report(
      kind, AuditReader.Search(), log: try directory.loadLogKey(), at: clock.now
    ) { rows.append(Dictionary(zip(kind.columns, $0), uniquingKeysWith: { first, _ in first })) }
    return rows
  }

  /// Whether any file of the trail holds this text as it stands.
  func isOnDisk(_ text: String) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).contains { name in
      FileManager.default.contents(atPath: directory.path + "/" + name)?.range(of: Data(text.utf8)) != nil
    }
  }
}

/// The instant at which the septic chart ends.
let septicEnd = Instant(milliseconds: 1_773_321_600_000)

/// Files of the repository.
enum Fixture {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: root + "/FixturesFHIR/" + path)))
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }
}

/// A clock that stands still until it is set.
final class Clock: Sendable {
  private let instant: Mutex<Instant>

  init(_ instant: Instant) { self.instant = Mutex(instant) }

  var now: Instant { instant.withLock { $0 } }
  func set(_ instant: Instant) { self.instant.withLock { $0 = instant } }
}

/// Keeps every line that is logged, metadata included.
final class KeptLog: LogHandler, Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  func log(event: LogEvent) {
    lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {
      // Whatever is given to a logger for all its lines is kept as if it had been logged.
      if let newValue { lines.withLock { $0.append("\(key) \(newValue)") } }
    }
  }
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
}

extension TestResponse {
  /// The body as JSON.
  func json() throws -> JSON { JSON(try Document(Array(body.readableBytesView), syntax: .json).root) }

  /// The body as text.
  var text: String { String(buffer: body) }
}

extension JSON {
  var elements: [JSON] {
    if case .array(let elements) = self { return elements }
    return []
  }
  var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }
}
