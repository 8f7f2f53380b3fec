// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Hummingbird
import Logging
import NIOCore

/// What belongs to one request while it is answered.
struct ServiceContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Network address of the client, without its port: all connections of one client count as one origin.
  let origin: String
  /// The connection.
  let channel: any Channel
  /// The client that calls, once it is known.
  var client: String?
  /// The name of the token that the client bears, once it is known.
  var token: String?
  /// How the client's hook requests are read; nil for as the service reads all.
  var reading: HookRequest.Reading?
  /// The caller's trace, if it has one.
  var trace: TraceContext?
  /// Its part of the budget of bodies.
  var share: BodyShare?
  /// When the head of the request had arrived, for durations only.
  let begun: ContinuousClock.Instant

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    origin = source.channel.remoteAddress?.ipAddress ?? "unknown"
    channel = source.channel
    begun = .now
  }

  /// Microseconds since the request began.
  var elapsed: Int64 {
    let (seconds, attoseconds) = begun.duration(to: .now).components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
}
