// SPDX-License-Identifier: Apache-2.0
import Audit
import Hummingbird
import Logging
import ServiceLifecycle

/// Sends the trail to the audit record repository of one form, where there is one, for as long as the service runs: a request at a time, at
/// once while much waits, every second else, and ever later while the repository takes nothing.
struct FeedClock: ServiceLifecycle.Service {
  private static let pause = Duration.seconds(1)

  let service: VigilService
  let form: FeedForm
  let logger: Logger

  func run() async throws {
    guard let repository = service.configuration.auditRepositories.first(where: { $0.form == form }) else {
      return try await gracefulShutdown()
    }
    let certificates = service.configuration.certificates
    switch form {
    case .fhir, .otlp:
      let client = AuditRepositoryClient(repository, certificates: certificates)
      try await send(to: repository, client.post)
      await client.shutdown()
    case .syslog:
      let client = SyslogClient(repository, certificates: certificates)
      try await send(to: repository, client.post)
    }
  }

  private func send(to repository: AuditRepository, _ post: @escaping AuditEventFeed.Post) async throws {
    let first = try AuditEventFeed(
      of: service.trail, to: repository.name, as: form, from: SyslogClient.host, now: service.now, post: post)
    try? await cancelWhenGracefulShutdown {
      var feed = first
      var backoff = Backoff()
      var random = SystemRandomNumberGenerator()
      while true {
        let turn = await feed.ship(at: .now)
        // A turn that the stop of the service cut short is sent again by the next start.
        try Task.checkCancellation()
        let pause = delay(after: turn, &backoff, using: &random)
        service.feed.take(turn, of: form)
        try await Task.sleep(for: pause)
      }
    }
  }

  /// Says what a turn came to, and how long to wait for the next.
  private func delay(
    after turn: AuditEventFeed.Turn, _ backoff: inout Backoff, using random: inout SystemRandomNumberGenerator
  ) -> Duration {
    let waiting = turn.recorded - turn.sent
    for record in turn.refused {
      logger.error(
        "refused by the audit repository",
        metadata: [
          "form": "\(form.rawValue)", "record": "\(record)",
          "reason": "\(AuditError.Code.repositoryRefuses.rawValue)",
        ])
    }
    if turn.unnamed > 0 {
      logger.error(
        "refused by the audit repository, which does not say what",
        metadata: [
          "count": "\(turn.unnamed)", "form": "\(form.rawValue)",
          "reason": "\(AuditError.Code.repositoryRefuses.rawValue)",
        ])
    }
    if let failure = turn.failure {
      logger.error(
        "not sent to the audit repository",
        metadata: ["form": "\(form.rawValue)", "reason": "\(failure)", "waiting": "\(waiting)"])
      return max(backoff.delay(using: &random), turn.retryAfter ?? .zero)
    }
    if backoff.failures > 0, !turn.isElsewhere {
      logger.notice(
        "sent to the audit repository again", metadata: ["form": "\(form.rawValue)", "waiting": "\(waiting)"])
    }
    backoff.reset()
    return waiting >= AuditEventFeed.mostInBundle && !turn.isElsewhere ? .zero : Self.pause
  }
}
