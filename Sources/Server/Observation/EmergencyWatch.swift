// SPDX-License-Identifier: Apache-2.0
import Audit
import Logging
import ServiceLifecycle

/// Says in the log and at `/metrics` within a second that what names a patient was read in an emergency, so that a second person is told; at
/// a start those that nobody has signed yet.
struct EmergencyWatch: ServiceLifecycle.Service {
  let service: VigilService
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var queue = EmergencyQueue()
      while true {
        queue = await service.tellEmergencies(behind: queue, logger)
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }
}

extension VigilService {
  /// Says which readings in an emergency are not in a queue yet, and counts those that nobody has signed.
  ///
  /// - Returns: the queue as it is by now; as it was where the trail cannot be read.
  func tellEmergencies(behind queue: EmergencyQueue, _ logger: Logger) async -> EmergencyQueue {
    guard let followed = try? await trail.followed(queue) else { return queue }
    let told = queue.waiting.last?.sequence ?? 0
    for reading in followed.waiting where reading.sequence > told {
      logger.warning(
        "what names a patient was read in an emergency: another person is to review it",
        metadata: ["record": "\(reading.sequence)"])
    }
    gate.metrics.emergencies = followed.waiting.count
    return followed
  }
}
