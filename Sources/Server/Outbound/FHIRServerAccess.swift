// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import CDSHooks
import NIOHTTP1

/// One call's access to its client's FHIR server. The token lives in this value and in the requests it makes, nowhere else.
struct FHIRServerAccess: Sendable {
  /// The server, as the request named it.
  let server: ServerURL
  private let client: HTTPClient
  private let authorization: FHIRAuthorization
  private let trace: TraceContext?
  private let deadline: ContinuousClock.Instant
  private let budget: FetchBudget

  /// - Parameters:
  ///   - client: pinned to the server's address.
  ///   - trace: the trace that the requests belong to, if there is one.
  ///   - deadline: when the last byte of the last answer must have come.
  init(
    server: ServerURL, client: HTTPClient, authorization: FHIRAuthorization, trace: TraceContext?,
    deadline: ContinuousClock.Instant, budget: FetchBudget
  ) {
    self.server = server
    self.client = client
    self.authorization = authorization
    self.trace = trace
    self.deadline = deadline
    self.budget = budget
  }

  /// The body of the answer to a GET.
  ///
  /// - Parameter relative: path and query below the server's base.
  func get(_ relative: String) async throws(FetchFailure) -> [UInt8] {
    var request = HTTPClientRequest(url: server.url(of: relative))
    request.headers.add(name: "accept", value: "application/fhir+json")
    request.headers.add(name: "authorization", value: "Bearer \(authorization.accessToken)")
    request.headers.add(name: "user-agent", value: "vigil")
    if let trace { request.headers.add(name: "traceparent", value: trace.traceparent) }
    do {
      return try await client.body(of: request, before: deadline) { chunk in try budget.take(bytes: chunk) }.bytes
    } catch let failure as FetchFailure {
      throw failure
    } catch let error as HTTPClientError
      where [.deadlineExceeded, .connectTimeout, .readTimeout, .getConnectionFromPoolTimeout].contains(error)
    {
      throw .timeout
    } catch {
      // What went wrong underneath may quote the URL, hence the patient; it is not passed on.
      throw .unreachable
    }
  }
}
