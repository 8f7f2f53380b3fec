// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension HTTPClient {
  /// The body of an answer with status 200, and the answer's header fields.
  ///
  /// The client's own deadline ends with the head of the answer: a server that sends its body a byte at a time would hold a call
  /// for as long as it likes. Here the last byte is held to it.
  ///
  /// - Parameter take: told of the bytes of each part, before they are kept; what it throws ends the fetching.
  /// - Throws: `FetchFailure.status`, `.timeout`, what `take` throws, and what the client does.
  func body(
    of request: HTTPClientRequest, before deadline: ContinuousClock.Instant,
    taking take: @escaping @Sendable (Int) throws -> Void
  ) async throws -> (headers: HTTPHeaders, bytes: [UInt8]) {
    try await withThrowingTaskGroup(of: (headers: HTTPHeaders, bytes: [UInt8]).self) { group in
      group.addTask {
        let response = try await self.execute(request, deadline: .distantFuture)
        guard response.status == .ok else { throw FetchFailure.status(Int(response.status.code)) }
        var bytes: [UInt8] = []
        for try await chunk in response.body {
          try take(chunk.readableBytes)
          bytes += chunk.readableBytesView
        }
        return (response.headers, bytes)
      }
      group.addTask {
        try await ContinuousClock().sleep(until: deadline)
        throw FetchFailure.timeout
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw FetchFailure.timeout }
      return first
    }
  }
}
