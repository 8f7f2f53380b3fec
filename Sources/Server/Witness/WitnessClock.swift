// SPDX-License-Identifier: Apache-2.0
import Audit
import Logging
import ServiceLifecycle

/// Has the newest checkpoint cosigned every minute by each witness, when the trail has grown since, and keeps what they say.
struct WitnessClock: ServiceLifecycle.Service {
  let trail: AuditTrail
  let witnesses: [WitnessPolicy.Member]
  let logger: Logger

  func run() async throws {
    guard !witnesses.isEmpty else { return try await gracefulShutdown() }
    try? await cancelWhenGracefulShutdown {
      while true {
        for witness in witnesses { await ask(witness) }
        try await Task.sleep(for: .seconds(60))
      }
    }
  }

  private func ask(_ witness: WitnessPolicy.Member) async {
    guard let client = witness.url.flatMap(WitnessClient.init) else { return }
    do throws(AuditError) {
      let reader = try AuditReader(directory: trail.directory, patience: trail.directory.patience)
      guard let head = Checkpoint(text: try reader.head().text),
        try reader.lastCosigned(by: witness.key) < head.size
      else { return }
      try await trail.keep(try await reader.cosigned(by: witness.key, post: client.post), of: witness.key)
    } catch {
      logger.error("not cosigned", metadata: ["witness": "\(witness.key.name)", "reason": "\(error)"])
    }
  }
}
