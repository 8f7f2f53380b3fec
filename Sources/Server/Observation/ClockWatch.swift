// SPDX-License-Identifier: Apache-2.0
package import Audit
import ServiceLifecycle

/// Looks every hour how far the clock may be off, and puts on record what is not as it was. The start says it first.
struct ClockWatch: Service {
  let service: VigilService

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var told = service.clock()
      while true {
        try await Task.sleep(for: .seconds(3600))
        told = await service.tellClock(since: told)
      }
    }
  }
}

extension VigilService {
  /// Puts on record how far the clock may be off, where that is not as it was told last.
  ///
  /// - Returns: what is told by now; what could not be put on record is not.
  package func tellClock(since told: ClockState?) async -> ClockState? {
    guard let state = clock(), told?.isAlike(state) != true else { return told }
    var entry = AuditEntry(time: now(), kind: .clock)
    entry.outcome = state.word
    entry.note = state.text
    return (try? await trail.append(entry)) == nil ? told : state
  }
}
