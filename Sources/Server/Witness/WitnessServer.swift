// SPDX-License-Identifier: Apache-2.0
package import Audit
package import FHIR
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore

/// A witness on the network: one route, `POST /add-checkpoint` (C2SP tlog-witness).
package struct WitnessServer: Sendable {
  /// A checkpoint and the longest proof need less.
  private static let mostBytes = 64 << 10

  private let witness: Witness
  private let host: String
  private let port: Int
  private let allowed: Set<String>
  private let now: @Sendable () -> Instant

  /// - Parameters:
  ///   - allowed: addresses that may ask; from this machine everybody may.
  ///   - now: what stands in cosignatures.
  package init(
    _ witness: Witness, host: String, port: Int, allowed: Set<String>, now: @escaping @Sendable () -> Instant
  ) {
    self.witness = witness
    self.host = host
    self.port = port
    self.allowed = allowed
    self.now = now
  }

  /// Serves until it is told to stop.
  ///
  /// - Parameter onReady: called with the port once requests are accepted.
  /// - Throws: when the address cannot be had.
  package func run(logger: Logger, onReady: @escaping @Sendable (Int) async -> Void) async throws {
    let router = Router(context: ServiceContext.self)
    router.post("/add-checkpoint") { request, context in
      guard isAllowed(context.origin) else { return Self.response(Witness.Answer(status: 403, body: "not allowed\n")) }
      let bytes = try await request.body.collect(upTo: Self.mostBytes)
      guard let body = String(validating: bytes.readableBytesView, as: UTF8.self) else {
        return Self.response(Witness.Answer(status: 400, body: "not UTF-8\n"))
      }
      let answer = await witness.addCheckpoint(body, at: now())
      if answer.status != 200 {
        logger.notice("not cosigned", metadata: ["status": "\(answer.status)", "origin": "\(context.origin)"])
      }
      return Self.response(answer)
    }
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "vigil-witness"),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) }, logger: logger)
    try await application.runService()
    try await witness.close()
  }

  private func isAllowed(_ origin: String) -> Bool {
    origin == "::1" || origin.hasPrefix("127.") || allowed.contains(origin)
  }

  private static func response(_ answer: Witness.Answer) -> Response {
    Response(
      status: HTTPResponse.Status(code: answer.status), headers: [.contentType: answer.mediaType],
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
  }
}
