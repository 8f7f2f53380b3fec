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
/// own, and a receiver that reads until the sender's close_notify and answers that with its own (RFC 5425 section 4.4) says by it that it has read all.
/// Nothing less counts, no end of the connection nor what TCP acknowledged. But a receiver may say close_notify of its own accord as well, without
/// having read on: that is told from an answer by the time alone (`SyslogDelivery`), as far as time tells.
package actor SyslogClient {
  /// How long the handshake and the writing may take, and then the receiver's end: together less than another process waits for a sender.
  fileprivate static let patience = TimeAmount.seconds(15)
  private static let closing = TimeAmount.seconds(30)
  /// How long is waited at least between the last message and the end, and at most.
  fileprivate static let rest = TimeAmount.milliseconds(100), longestRest = TimeAmount.seconds(3)

  private let receiver: AuditRepository
  private let certificates: ServerCertificates.Files?
  private var context: NIOSSLContext?
  /// The shortest time to the receiver and back that was seen: no answer is there sooner.
  private var roundTrip: TimeAmount?

  /// - Parameter certificates: the service's own, which is shown to a receiver that asks; nil without TLS.
  package init(_ receiver: AuditRepository, certificates: ServerCertificates.Files?) {
    self.receiver = receiver
    self.certificates = certificates
  }

  /// Sends messages; nil when the receiver was not reached.
  package func post(_ messages: [UInt8]) async -> AuditEventFeed.Answer? {
    guard let context = try? open() else { return nil }
    let end = await Self.deliver(ByteBuffer(bytes: messages), to: receiver.url, context, roundTrip)
    if let end { roundTrip = end.roundTrip }
    // The next one reads the files of certificates anew: one of them may have run out.
    if end?.answer?.status != 200 { self.context = nil }
    return end?.answer
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
    _ messages: ByteBuffer, to url: ServerURL, _ context: NIOSSLContext, _ roundTrip: TimeAmount?
  ) async -> SyslogDelivery.End? {
    // A certificate of an address is held against the address itself; none is named in the handshake (RFC 6066 section 3).
    let name = NetworkAddress(url.host) == nil ? url.host : nil
    let end = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: SyslogDelivery.End.self)
    let connecting = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(5))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
          try channel.pipeline.syncOperations.addHandler(
            SyslogDelivery(of: messages, roundTrip: roundTrip, end: end))
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
///
/// A receiver that ends the connection by itself has not read our end, and perhaps not what came before. Its close_notify is here before ours leaves if it
/// ended sooner than half a round trip before; what is here sooner than a round trip after ours left is no answer either. So between the last message
/// and the end is a rest of three round trips and more, and what comes too soon confirms nothing. A receiver that ends by itself later than that, with
/// messages unread, is not told from one that answers.
private final class SyslogDelivery: ChannelInboundHandler, ChannelOutboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What a connection came to.
  struct End: Sendable {
    /// nil where nothing was written.
    var answer: AuditEventFeed.Answer?
    /// The shortest that was seen of this connection and those before; nil when there was none.
    var roundTrip: TimeAmount?
  }

  private let messages: ByteBuffer
  private let end: EventLoopPromise<End>
  /// The shortest way to the receiver and back that was seen. Of several, since of one alone a part may be this machine's delay: what that made
  /// look like a long way would have answers taken for too soon.
  private var shortest: TimeAmount?
  /// The way there and back of this connection: what TCP's own handshake took.
  private var roundTrip = TimeAmount.zero
  /// When the connection was begun.
  private var begun: NIODeadline?
  /// Whether all is written.
  private var isWritten = false
  /// When this side said that it ends here.
  private var ended: NIODeadline?
  /// Whether the other side said so after that.
  private var isConfirmed = false

  init(of messages: ByteBuffer, roundTrip: TimeAmount?, end: EventLoopPromise<End>) {
    self.messages = messages
    self.end = end
    shortest = roundTrip
  }

  func connect(context: ChannelHandlerContext, to address: SocketAddress, promise: EventLoopPromise<Void>?) {
    begun = .now()
    context.connect(to: address, promise: promise)
  }

  func channelActive(context: ChannelHandlerContext) {
    if let begun {
      roundTrip = .now() - begun
      shortest = min(shortest ?? roundTrip, roundTrip)
    }
    context.eventLoop.assumeIsolated().scheduleTask(in: SyslogClient.patience) {
      if context.channel.isActive, !self.isWritten { context.close(promise: nil) }
    }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSUserEvent {
      if event == .shutdownCompleted { isConfirmed = isAnswer(at: .now()) } else { write(context) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func write(_ context: ChannelHandlerContext) {
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenSuccess {
      self.isWritten = true
      let rest = min(max(SyslogClient.rest, 3 * self.roundTrip), SyslogClient.longestRest)
      context.eventLoop.assumeIsolated().scheduleTask(in: rest) { self.finish(context) }
    }
    context.writeAndFlush(wrapOutboundOut(messages), promise: written)
  }

  private func finish(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    ended = .now()
    context.close(promise: nil)
  }

  /// Whether a close_notify that is here now can be the answer to ours.
  private func isAnswer(at now: NIODeadline) -> Bool { ended.map { now - $0 >= shortest ?? .zero } ?? false }

  // What is wrong is for the end to say.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    let answer: AuditEventFeed.Answer? = isConfirmed ? .confirmed : isWritten ? .unconfirmed : nil
    end.succeed(End(answer: answer, roundTrip: shortest))
    context.fireChannelInactive()
  }
}
