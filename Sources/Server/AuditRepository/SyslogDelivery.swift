// SPDX-License-Identifier: Apache-2.0
import Audit
import NIOCore
import NIOTLS

/// Writes messages once the handshake is done, ends the connection when they are written, and says whether the other side did so too.
///
/// A receiver that ends the connection by itself has not read our end, and perhaps not what came before. Its close_notify is here before ours leaves if it
/// ended sooner than half a round trip before; what is here sooner than a round trip after ours left is no answer either. So between the last message
/// and the end is a rest of three round trips and more, and what comes too soon confirms nothing. A receiver that ends by itself later than that, with
/// messages unread, is not told from one that answers.
final class SyslogDelivery: ChannelInboundHandler, ChannelOutboundHandler {
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
