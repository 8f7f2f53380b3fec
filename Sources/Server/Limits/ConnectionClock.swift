// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Cuts off callers that take too long: to shake hands, to send a request's header fields or its body, or to read the answer.
///
/// It stands next to the socket (behind TLS) and sees bytes; `RequestProgress` stands behind the HTTP decoder and tells it what
/// they were. One timer a connection is enough: when it fires early it is set again.
final class ConnectionClock: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Phase {
    /// Between two requests.
    case idle
    /// Before the end of the header fields; whether any byte has come.
    case head(hasBegun: Bool)
    /// Before the end of the body; whether the answer, a refusal, has gone already.
    case body(isAnswered: Bool)
    case answering
    case responding
    /// Told to go: what still comes is passed over, until the caller has read the answer and closes.
    case lingering
  }

  /// Seconds in which a caller that was told to go may read it.
  private static let lingering = 2

  private let limits: ServerLimits
  /// Called when a caller is cut off.
  private let onTimeout: @Sendable () -> Void
  private var phase = Phase.head(hasBegun: false)
  private var deadline: NIODeadline?
  private var timer: Scheduled<Void>?
  private var context: ChannelHandlerContext?

  init(limits: ServerLimits, onTimeout: @escaping @Sendable () -> Void) {
    self.limits = limits
    self.onTimeout = onTimeout
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    // Before the first byte, so that the handshake counts.
    arm(limits.headerSeconds)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    (timer, deadline, self.context) = (nil, nil, nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch phase {
    case .idle:
      phase = .head(hasBegun: true)
      arm(limits.headerSeconds)
    case .head(hasBegun: false): phase = .head(hasBegun: true)
    case .lingering: return
    default: break
    }
    context.fireChannelRead(data)
  }

  /// The header fields are complete.
  func headArrived() {
    phase = .body(isAnswered: false)
    arm(limits.bodySeconds)
  }

  /// The body is complete.
  func bodyArrived() {
    if case .body(isAnswered: true) = phase { phase = .idle } else { phase = .answering }
    // How long the answer takes is not the caller's doing.
    deadline = nil
  }

  /// The answer's first part is on its way.
  func responseBegan() {
    // A refusal may go out while the body still comes: the body's deadline then stays.
    guard case .answering = phase else { return }
    phase = .responding
    arm(limits.responseSeconds)
  }

  /// The answer has gone.
  func responseEnded() {
    switch phase {
    case .responding:
      phase = .idle
      deadline = nil
    case .body: phase = .body(isAnswered: true)
    case .idle, .head, .answering, .lingering: break
    }
  }

  private func arm(_ seconds: Int) {
    let deadline = NIODeadline.now() + .seconds(Int64(seconds))
    self.deadline = deadline
    guard timer == nil, let context else { return }
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.fire() }
  }

  private func fire() {
    timer = nil
    guard let deadline, let context else { return }
    guard NIODeadline.now() >= deadline else {
      timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.fire() }
      return
    }
    if case .lingering = phase { return context.close(promise: nil) }
    onTimeout()
    switch phase {
    case .head(hasBegun: true), .body(isAnswered: false):
      // RFC 9110 section 15.5.9.
      let answer = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
      // Closed at once, the connection would be reset by what the caller still sends, and the answer lost (RFC 9112 section 9.6).
      phase = .lingering
      context.close(mode: .output, promise: nil)
      arm(Self.lingering)
    case .head(hasBegun: false), .body(isAnswered: true), .idle, .answering, .responding, .lingering:
      context.close(promise: nil)
    }
  }
}
