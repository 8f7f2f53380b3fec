// SPDX-License-Identifier: Apache-2.0
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A connection of HTTP/1.1, counted and timed from its first moment, with TLS where that is configured.
///
/// Each new connection takes the certificates as they are now, which is how they are changed without a restart.
struct GuardedChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  /// A chart is read in fewer pieces than by the usual 64 KiB, each of which would wake the task that waits for it. No more than
  /// 128 KiB: every connection may come to hold that much before anything of it is counted among the bodies.
  private static let buffers = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 << 10, maximum: 128 << 10)

  let base: HTTP1Channel
  let limits: ServerLimits
  let counts: ConnectionCounts
  let certificates: ServerCertificates?
  let metrics: ServiceMetrics

  init(
    responder: @escaping HTTPChannelHandler.Responder, limits: ServerLimits, counts: ConnectionCounts,
    certificates: ServerCertificates?, metrics: ServiceMetrics
  ) {
    base = HTTP1Channel(
      responder: responder,
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [RequestProgress()], idleTimeout: .seconds(Int64(limits.idleSeconds)),
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes, maxHeaderFieldCount: 100)))
    self.limits = limits
    self.counts = counts
    self.certificates = certificates
    self.metrics = metrics
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let origin = channel.remoteAddress?.ipAddress ?? "unknown"
    guard counts.open(origin) else {
      metrics.count(.connectionRefused)
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
    }
    channel.closeFuture.whenComplete { [counts] _ in counts.close(origin) }
    return channel.eventLoop.makeCompletedFuture {
      try channel.syncOptions?.setOption(.recvAllocator, value: Self.buffers)
      if let context = certificates?.context {
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
      }
      try channel.pipeline.syncOperations.addHandler(
        ConnectionClock(limits: limits) { [metrics] in metrics.count(.connectionTimedOut) })
    }.flatMap { base.setup(channel: channel, logger: logger) }
  }

  func handle(value: Value, logger: Logger) async {
    await base.handle(value: value, logger: logger)
  }
}
