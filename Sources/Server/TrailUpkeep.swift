// SPDX-License-Identifier: Apache-2.0
import Audit
import ServiceLifecycle

/// Does for the trail what no request does: what lies in its inbox, and another try where it could not be written, ten times a second for
/// as long as the service runs.
struct TrailUpkeep: Service {
  let service: VigilService

  func run() async throws {
    let inbox = TrailInbox(service.trail.directory)
    try? await cancelWhenGracefulShutdown {
      while true {
        await inbox.serve(service.trail)
        await service.trail.retry()
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    await inbox.serve(service.trail)
  }
}
