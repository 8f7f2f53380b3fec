// SPDX-License-Identifier: Apache-2.0
package import Audit
import Decision
import Hummingbird
package import Logging
import ServiceLifecycle
import UnixSignals

extension VigilService {
  /// Serves until SIGTERM or SIGINT, then answers what is under way, and closes the trail. Start and stop are on record.
  ///
  /// - Parameter onReady: called with the port once requests are accepted.
  /// - Throws: `AuditError` when the trail cannot be written, another error when the address cannot be had.
  package func run(logger: Logger, onReady: @escaping @Sendable (Int) async -> Void) async throws {
    var start = AuditEntry(time: now(), kind: .start)
    let assessor = self.assessor
    try remember()
    start.configuration = AuditRecord.bytes(hexadecimal: assessor.digest)
    start.models = models(of: assessor)
    // What was stopped before the start is stopped at the first request, and on record again.
    let stopped = inForce.control.stops.map { "stopped: \($0.target), by \($0.by)" }
    // So is by whose word each version answers, and what waits for a second person.
    let activations = inForce.control.activations.map {
      "\($0.approvedBy == nil ? "waiting" : "in force"): \($0.people)"
    }
    let clock = clock()
    start.outcome = clock?.word
    let place = ["\(configuration.host):\(configuration.port)"] + [clock?.text].compactMap(\.self)
    let feeds = configuration.auditRepositories.map { "sent to \($0.name)" }
    start.note = (place + feeds + stopped + activations).joined(separator: "; ")
    _ = try await trail.append(start)
    try await tellForbiddenKeys(logger)
    do {
      var group = ServiceGroupConfiguration(
        services: [application(logger: logger, onReady: onReady)], gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger)
      // A caller that does not take its answer must not keep the service from stopping.
      group.maximumGracefulShutdownDuration = .seconds(configuration.limits.drainSeconds)
      try await ServiceGroup(configuration: group).run()
    } catch is CancellationError {
      return try await stop("as told, with requests under way cut off")
    } catch {
      try? await stop("failed")
      throw error
    }
    try await stop("as told")
  }

  /// Says, in the log and on record, that data keys lie in a form that was given up, or were destroyed. They are no accident: somebody put
  /// them there, out of an old copy.
  ///
  /// - Throws: `AuditError` when the trail cannot be written.
  package func tellForbiddenKeys(_ logger: Logger) async throws(AuditError) {
    guard trail.forbiddenKeys > 0 else { return }
    let code = AuditError.Code.keyChanged
    logger.error(
      "data keys lie in a form that was given up: vigil audit verify names them",
      metadata: ["code": "\(code.rawValue)", "count": "\(trail.forbiddenKeys)"])
    var entry = AuditEntry(time: now(), kind: .rejection)
    entry.reason = code.rawValue
    entry.count = trail.forbiddenKeys
    entry.note = "data keys in a form that was given up"
    _ = try await trail.append(entry)
  }

  /// Reads from the trail what was shown within the hours that alert policies ask about.
  ///
  /// - Throws: `AuditError` when the trail cannot be read.
  package func remember() throws(AuditError) {
    try memory.fill(
      from: AuditReader(directory: trail.directory), hours: assessor.services.memoryHours, at: now())
  }

  private func stop(_ note: String) async throws {
    await clients.shutdown()
    try? gate.access?.close()
    var entry = AuditEntry(time: now(), kind: .stop)
    entry.note = note
    _ = try await trail.append(entry)
    try trail.close()
  }
}
