// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import Server
import Testing

/// Callers that do not behave, over real sockets.
@Suite struct ConnectionTests {
  /// Sends bytes piece by piece and keeps what comes. It lives on the event loop alone: threads that other tests keep busy do
  /// not make it a slow caller.
  private final class Caller: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var pieces: ArraySlice<String>
    private let between: TimeAmount
    private let end: EventLoopPromise<String>
    private var text = ""

    init(_ pieces: [String], between: TimeAmount, end: EventLoopPromise<String>) {
      (self.pieces, self.between, self.end) = (pieces[...], between, end)
    }

    func channelActive(context: ChannelHandlerContext) { send(context) }

    private func send(_ context: ChannelHandlerContext) {
      guard let piece = pieces.popFirst(), context.channel.isActive else { return }
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: piece)), promise: nil)
      context.eventLoop.assumeIsolated().scheduleTask(in: between) { self.send(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { text += String(buffer: unwrapInboundIn(data)) }

    // A reset is an end too.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { end.succeed(text) }
  }

  /// Sends bytes, piece by piece, and returns what came until the other side closed.
  private static func exchange(
    _ port: Int, _ pieces: [String], between: TimeAmount = .milliseconds(100)
  ) async throws -> String {
    let end = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: String.self)
    let connecting = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Caller(pieces, between: between, end: end))
        }
      }
      .connect(host: "127.0.0.1", port: port)
    connecting.whenFailure { end.fail($0) }
    return try await end.futureResult.get()
  }

  private static func serve(
    _ limits: ServerLimits, _ body: @escaping @Sendable (Int, ServiceUnderTest) async throws -> Void
  ) async throws {
    let tested = try ServiceUnderTest(limits: limits)
    try await tested.application.test(.live) { client in try await body(try #require(client.port), tested) }
  }

  private static var short: ServerLimits {
    var limits = ServerLimits()
    limits.headerSeconds = 1
    limits.bodySeconds = 1
    return limits
  }

  private static let head = "POST /cds-services/patient-risk HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"

  @Test func cutsOffASlowHead() async throws {
    try await Self.serve(Self.short) { port, _ in
      // A field now and then, for ever.
      let slow = [Self.head] + (0..<100).map { "x-\($0): y\r\n" }
      let answer = try await Self.exchange(port, slow)
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      // Nothing at all.
      let nothing = try await Self.exchange(port, [])
      #expect(nothing == "")
    }
  }

  @Test func cutsOffASlowBody() async throws {
    try await Self.serve(Self.short) { port, tested in
      let slow = [Self.head + "content-length: 1000\r\n\r\n"] + [String](repeating: "{", count: 100)
      let answer = try await Self.exchange(port, slow)
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      let chunked = [Self.head + "transfer-encoding: chunked\r\n\r\n"] + [String](repeating: "1\r\n{\r\n", count: 100)
      #expect(try await Self.exchange(port, chunked).hasPrefix("HTTP/1.1 408 "))
      // The next caller is served.
      #expect(
        try await Self.exchange(port, ["GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"])
          .hasPrefix("HTTP/1.1 200 "))
      #expect(try tested.records().allSatisfy { $0.entry.reason == "CDS026" })
    }
  }

  /// The second request of a connection has its time as well.
  @Test func cutsOffASlowSecondRequest() async throws {
    try await Self.serve(Self.short) { port, _ in
      let pieces =
        ["GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", "GET /healthz HTTP/1.1\r\n"] + (0..<100).map { "x-\($0): y\r\n" }
      let text = try await Self.exchange(port, pieces)
      #expect(text.hasPrefix("HTTP/1.1 200 "))
      #expect(text.contains("HTTP/1.1 408 "))
    }
  }

  @Test func boundsTheHeaderFields() async throws {
    var limits = ServerLimits()
    limits.headerBytes = 2048
    try await Self.serve(limits) { port, _ in
      func ask(_ fields: String) async throws -> String {
        try await Self.exchange(port, ["GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\(fields)\r\n"])
      }
      let fitting = try await ask("x: \(String(repeating: "y", count: 1900))\r\n")
      #expect(fitting.hasPrefix("HTTP/1.1 200 "))
      #expect(try await ask("x: \(String(repeating: "y", count: 2100))\r\n").hasPrefix("HTTP/1.1 431 "))
      #expect(
        try await ask((0..<40).map { "x-\($0): \(String(repeating: "y", count: 60))\r\n" }.joined())
          .hasPrefix("HTTP/1.1 431 "))
      #expect(try await ask((0..<101).map { "x\($0): y\r\n" }.joined()).hasPrefix("HTTP/1.1 431 "))
    }
  }

  @Test func boundsTheConnections() async throws {
    var limits = ServerLimits()
    limits.connectionsPerOrigin = 2
    limits.headerSeconds = 2
    try await Self.serve(limits) { port, _ in
      // Three that say nothing: two are held until their time is over, the third is closed at once.
      let closed = AsyncStream<String>.makeStream()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for name in ["a", "b", "c"] {
          group.addTask {
            _ = try await Self.exchange(port, [])
            closed.continuation.yield(name)
          }
        }
        try await group.waitForAll()
      }
      closed.continuation.finish()
      #expect(await closed.stream.reduce(0) { count, _ in count + 1 } == 3)
      // Their places are free again.
      let answer = try await Self.exchange(port, ["GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"])
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }
  }

  /// A body that is as long as it says it is not goes through, one beyond the room for all bodies does not.
  @Test func boundsTheBodiesOfAllTogether() async throws {
    var limits = ServerLimits()
    limits.bodiesBytes = 1000
    let tested = try ServiceUnderTest(limits: limits)
    let refused = try await tested.call([UInt8](repeating: 0x20, count: 1001))
    #expect(refused.status == .serviceUnavailable)
    #expect(refused.headers[.retryAfter] != nil)
    // What a request took comes back.
    for _ in 0..<5 { #expect(try await tested.call([UInt8](repeating: 0x20, count: 900)).status == .badRequest) }
  }
}
