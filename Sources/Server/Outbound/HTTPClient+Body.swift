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
    let answer = try await answer(to: request, before: deadline, taking: take)
    guard answer.status == 200 else { throw FetchFailure.status(answer.status) }
    return (answer.headers, answer.bytes)
  }

  /// The same of an answer with any status, with the body where the status is 200.
  func answer(
    to request: HTTPClientRequest, before deadline: ContinuousClock.Instant,
    taking take: @escaping @Sendable (Int) throws -> Void
  ) async throws -> (status: Int, headers: HTTPHeaders, bytes: [UInt8]) {
    try await withThrowingTaskGroup(of: (status: Int, headers: HTTPHeaders, bytes: [UInt8]).self) { group in
      group.addTask {
        let response = try await self.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        guard status == 200 else { return (status: status, headers: response.headers, bytes: []) }
        var bytes: [UInt8] = []
        for try await chunk in response.body {
          try take(chunk.readableBytes)
          bytes += chunk.readableBytesView
        }
        return (status: status, headers: response.headers, bytes: bytes)
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
