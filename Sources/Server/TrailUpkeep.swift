// SPDX-License-Identifier: Apache-2.0
import Audit
import ServiceLifecycle

/// Does for the trail what no request does: what lies in its inbox, and another try where it could not be written, ten times a second for
/// as long as the service runs; and now and then another try to wipe what was destroyed.
struct TrailUpkeep: Service {
  /// Turns between two tries to wipe. In PostgreSQL a try that has to wait holds everybody up who needs a data key.
  private var turnsUnwiped: Int { service.trail.isShared ? 600 : 10 }

  let service: VigilService

  func run() async throws {
    let inbox = TrailInbox(service.trail.directory)
    if !service.trail.isShared { try? inbox.create() }
    try? await cancelWhenGracefulShutdown {
      for turn in 1... {
        await inbox.serve(service.trail)
        await service.trail.retry()
        if turn.isMultiple(of: turnsUnwiped) { await service.trail.finishWiping() }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    await inbox.serve(service.trail)
  }
}
