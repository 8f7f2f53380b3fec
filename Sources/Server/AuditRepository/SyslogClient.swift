// SPDX-License-Identifier: Apache-2.0
package import Audit
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Sends messages to a syslog receiver over TLS (RFC 5425).
///
/// Syslog has no answers: what was written may lie in a kernel's buffer when the other side dies. So each group of messages has a connection of its
/// own, and a receiver that reads until the sender's close_notify and answers that with its own (RFC 5425 section 4.4) says by it that it has read all.
/// Nothing less counts, no end of the connection nor what TCP acknowledged. But a receiver may say close_notify of its own accord as well, without
/// having read on: that is told from an answer by the time alone (`SyslogDelivery`), as far as time tells.
package actor SyslogClient {
  /// How long the handshake and the writing may take, and then the receiver's end: together less than another process waits for a sender.
  static let patience = TimeAmount.seconds(15)
  private static let closing = TimeAmount.seconds(30)
  /// How long is waited at least between the last message and the end, and at most.
  static let rest = TimeAmount.milliseconds(100), longestRest = TimeAmount.seconds(3)

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
