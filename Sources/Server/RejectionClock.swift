// SPDX-License-Identifier: Apache-2.0
import Audit
import Hummingbird
import Logging
import ServiceLifecycle

/// Writes the counted rejections of each minute when it is over, even when no further one comes; those of the last minute when
/// the service stops.
struct RejectionClock: ServiceLifecycle.Service {
  let service: VigilService

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: .seconds(10))
        // A failure here is met again, and answered with 503, by the next request.
        try? await service.trail.flushRejections(at: service.now())
      }
    }
    try? await service.trail.flushRejections(at: service.now(), includingCurrent: true)
  }
}
