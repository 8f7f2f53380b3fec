// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Logging
import ServiceLifecycle

/// Goes on with the replacement of the root key beside the requests, and with one that was cut short (`AuditTrail.finishRootKey`).
struct RootKeyClock: Service {
  /// Turns between two looks for what other processes began.
  private static let turnsUnasked = 50
  /// Until all data keys are looked at again of which one opens under nothing, which a person has to see to.
  private static let restBehindChanged = Duration.seconds(600)

  let service: VigilService
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var told: AuditError.Code?
      for turn in 1... {
        // A service that answers nobody hears of no record by its own commits.
        if service.trail.isShared, turn.isMultiple(of: Self.turnsUnasked) { service.trail.lookForRootKey() }
        do throws(AuditError) {
          try await service.trail.finishRootKey(now: service.now)
          told = nil
        } catch  where error.code == .rootKeyUnfinished {
          // Another process came first: that is looked at anew.
        } catch {
          if told != error.code, error.code != .closed {
            logger.error("the replacement of the root key does not go on", metadata: ["error": "\(error)"])
          }
          told = error.code
          try await Task.sleep(for: error.code == .keyChanged ? Self.restBehindChanged : .seconds(2))
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}
