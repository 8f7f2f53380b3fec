// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Logging
import NIOCore

/// What belongs to one request while it is answered.
struct ServiceContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Network address of the client, without its port: all connections of one client count as one origin.
  let origin: String
  /// When the head of the request had arrived, for durations only.
  let begun: ContinuousClock.Instant

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    origin = source.channel.remoteAddress?.ipAddress ?? "unknown"
    begun = .now
  }

  /// Microseconds since the request began.
  var elapsed: Int64 {
    let (seconds, attoseconds) = begun.duration(to: .now).components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
}
