// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Logging
import ServiceLifecycle

/// Looks every few seconds whether certificates or clients have changed, and uses them when they have. What cannot be used is
/// said in the log, and what was there before stays in force.
struct ReloadClock: ServiceLifecycle.Service {
  let gate: Gate
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: .seconds(2))
        await reload()
      }
    }
  }

  private func reload() async {
    do {
      if try gate.certificates?.reload() == true { logger.notice("certificates reloaded") }
    } catch {
      logger.error("certificates not reloaded", metadata: ["reason": "\(error)"])
    }
    do {
      if try await gate.access?.reload() == true { logger.notice("clients reloaded") }
    } catch {
      logger.error("clients not reloaded", metadata: ["reason": "\(error)"])
    }
  }
}
