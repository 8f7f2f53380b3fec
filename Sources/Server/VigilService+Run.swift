// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import Hummingbird
package import Logging

extension VigilService {
  /// Serves until SIGTERM or SIGINT, then answers what is under way, and closes the trail. Start and stop are on record.
  ///
  /// - Parameter onReady: called with the port once requests are accepted.
  /// - Throws: `AuditError` when the trail cannot be written, another error when the address cannot be had.
  package func run(logger: Logger, onReady: @escaping @Sendable (Int) async -> Void) async throws {
    var start = AuditEntry(time: now(), kind: .start)
    start.configuration = AuditRecord.bytes(hexadecimal: assessor.digest)
    start.models = models
    start.note = "\(configuration.host):\(configuration.port)"
    _ = try await trail.append(start)
    do {
      try await application(logger: logger, onReady: onReady).runService()
    } catch {
      try? await stop("failed")
      throw error
    }
    try await stop("as told")
  }

  private func stop(_ note: String) async throws {
    await clients.shutdown()
    var entry = AuditEntry(time: now(), kind: .stop)
    entry.note = note
    _ = try await trail.append(entry)
    try trail.close()
  }
}
