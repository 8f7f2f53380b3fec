// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
package import Audit
import NIOCore
import NIOHTTP1

/// Asks witnesses over HTTP.
package struct WitnessClient: Sendable {
  private static let mostBytes = 64 << 10

  /// Where the witness is asked.
  private let url: String

  /// - Parameter url: what `/add-checkpoint` is put behind; nil is given back for one that is no address of a server.
  package init?(_ url: String) {
    guard let base = ServerURL(url), base.scheme == "https" || ["127.0.0.1", "::1", "localhost"].contains(base.host)
    else { return nil }
    self.url = base.url(of: "add-checkpoint")
  }

  /// Sends the body of an `add-checkpoint`; nil when there is no answer within ten seconds.
  package func post(_ body: String) async -> Witness.Answer? {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "content-type", value: "text/plain; charset=utf-8")
    request.headers.add(name: "user-agent", value: "vigil")
    request.body = .bytes(ByteBuffer(string: body))
    do {
      let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
      let bytes = try await response.body.collect(upTo: Self.mostBytes)
      return Witness.Answer(
        status: Int(response.status.code), body: String(decoding: bytes.readableBytesView, as: UTF8.self))
    } catch {
      return nil
    }
  }
}
