// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What stands between the wire and the answers: who is let in, how much is taken at once, and what is counted.
struct Gate: Sendable {
  /// Who may call; nil when everybody who reaches the service may, which is this machine alone.
  let access: AccessControl?
  /// For TLS; nil without.
  let certificates: ServerCertificates?
  let connections: ConnectionCounts
  let bodies: BodyBudget
  let work: WorkQueue
  /// Of the pages that need no token, by network address.
  let pages = RateLimit()
  let metrics = ServiceMetrics()

  init(limits: ServerLimits, access: AccessControl?, certificates: ServerCertificates?) {
    self.access = access
    self.certificates = certificates
    connections = ConnectionCounts(limits: limits)
    bodies = BodyBudget(bytes: limits.bodiesBytes)
    work = WorkQueue(slots: ProcessInfo.processInfo.activeProcessorCount, limits: limits)
  }
}
