// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Tells the connection's clock where in a request the bytes are, and answers header fields that are too large with 431.
final class RequestProgress: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private var clock: ConnectionClock?

  func handlerAdded(context: ChannelHandlerContext) {
    clock = try? context.pipeline.syncOperations.handler(type: ConnectionClock.self)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    clock = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: clock?.headArrived()
    case .body: break
    case .end: clock?.bodyArrived()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head:
      clock?.responseBegan()
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      let promise = promise ?? context.eventLoop.makePromise()
      promise.futureResult.assumeIsolated().whenComplete { _ in self.clock?.responseEnded() }
      context.write(data, promise: promise)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error as? HTTPParserError == .headerOverflow else {
      context.fireErrorCaught(error)
      return
    }
    // RFC 6585 section 5. Nothing of such a request is looked at, so it has no body to answer with.
    let head = HTTPResponse(
      status: .requestHeaderFieldsTooLarge, headerFields: [.connection: "close", .contentLength: "0"])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }
}
