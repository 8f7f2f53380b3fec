// SPDX-License-Identifier: Apache-2.0
package import Audit
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// Sends messages to a syslog receiver over TLS (RFC 5425).
///
/// Syslog has no answers: what was written may lie in a kernel's buffer when the other side dies. So each group of messages has a connection of its
/// own, which is ended as TLS has it: the receiver's close_notify behind ours says that it read all that came before (RFC 5425 section
/// 4.4, RFC 8446 section 6.1). Nothing less counts, no end of the connection nor what TCP acknowledged.
package actor SyslogClient {
  /// How long the handshake and the writing may take, and then the receiver's end: together less than another process waits for a sender.
  fileprivate static let patience = TimeAmount.seconds(15)
  private static let closing = TimeAmount.seconds(30)
  /// How long is waited between the last message and the end. A receiver that ends by itself, having read anything or nothing, is told from
  /// one that answers by being first: what it said before is here by then.
  fileprivate static let rest = TimeAmount.milliseconds(100)

  private let receiver: AuditRepository
  private let certificates: ServerCertificates.Files?
  private var context: NIOSSLContext?

  /// - Parameter certificates: the service's own, which is shown to a receiver that asks; nil without TLS.
  package init(_ receiver: AuditRepository, certificates: ServerCertificates.Files?) {
    self.receiver = receiver
    self.certificates = certificates
  }

  /// Sends messages; nil when the receiver was not reached.
  package func post(_ messages: [UInt8]) async -> AuditEventFeed.Answer? {
    guard let context = try? open() else { return nil }
    let answer = await Self.deliver(ByteBuffer(bytes: messages), to: receiver.url, context)
    // The next one reads the files of certificates anew: one of them may have run out.
    if answer?.status != 200 { self.context = nil }
    return answer
  }

  /// This machine's name; `-` where it has none.
  static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    // gethostname writes 255 bytes at most, with a zero byte behind them where they are fewer.
    guard unsafe gethostname(&name, 255) == 0 else { return "-" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  private func open() throws -> NIOSSLContext {
    if let context { return context }
    var tls = try receiver.tls(showing: certificates)
    tls.shutdownTimeout = Self.closing
    let made = try NIOSSLContext(configuration: tls)
    context = made
    return made
  }

  private static func deliver(
    _ messages: ByteBuffer, to url: ServerURL, _ context: NIOSSLContext
  ) async -> AuditEventFeed.Answer? {
    // A certificate of an address is held against the address itself; none is named in the handshake (RFC 6066 section 3).
    let name = NetworkAddress(url.host) == nil ? url.host : nil
    let end = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: AuditEventFeed.Answer?.self)
    let connecting = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(5))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
          try channel.pipeline.syncOperations.addHandler(SyslogDelivery(of: messages, end: end))
        }
      }
      .connect(host: url.host, port: url.port)
    connecting.whenFailure { end.fail($0) }
    return await withTaskCancellationHandler {
      try? await end.futureResult.get()
    } onCancel: {
      end.fail(CancellationError())
    }
  }
}

/// Writes messages once the handshake is done, ends the connection when they are written, and says whether the other side did so too.
private final class SyslogDelivery: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let messages: ByteBuffer
  private let end: EventLoopPromise<AuditEventFeed.Answer?>
  /// Whether all is written.
  private var isWritten = false
  /// Whether this side has said that it ends here.
  private var isEnding = false
  /// Whether the other side said so after that.
  private var isConfirmed = false

  init(of messages: ByteBuffer, end: EventLoopPromise<AuditEventFeed.Answer?>) {
    self.messages = messages
    self.end = end
  }

  func channelActive(context: ChannelHandlerContext) {
    context.eventLoop.assumeIsolated().scheduleTask(in: SyslogClient.patience) {
      if context.channel.isActive, !self.isWritten { context.close(promise: nil) }
    }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSUserEvent {
      if event == .shutdownCompleted { isConfirmed = isEnding } else { write(context) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func write(_ context: ChannelHandlerContext) {
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenSuccess {
      self.isWritten = true
      context.eventLoop.assumeIsolated().scheduleTask(in: SyslogClient.rest) { self.finish(context) }
    }
    context.writeAndFlush(wrapOutboundOut(messages), promise: written)
  }

  private func finish(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    isEnding = true
    context.close(promise: nil)
  }

  // What is wrong is for the end to say.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    if isConfirmed {
      end.succeed(AuditEventFeed.Answer.confirmed)
    } else if isWritten {
      end.succeed(AuditEventFeed.Answer.unconfirmed)
    } else {
      end.succeed(nil)
    }
    context.fireChannelInactive()
  }
}
