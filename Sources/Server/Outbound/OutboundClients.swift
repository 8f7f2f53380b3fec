// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
package import NIOCore
import NIOHTTPCompression
import NIOPosix
import Synchronization

/// The HTTP clients for the FHIR servers that are called: one for each server, pinned to an address that was looked up and
/// found to be permitted.
///
/// The name is looked up here and the connection goes to the address that was checked, never to what the name says a moment
/// later: a name server that changes its answer in between (DNS rebinding) gains nothing. TLS still checks the name.
package final class OutboundClients: Sendable {
  /// Looks a name up; the address a connection would go to. Blocks its thread.
  package typealias Lookup = @Sendable (_ host: String, _ port: Int) throws -> SocketAddress

  private struct Key: Hashable {
    var scheme: String
    var host: String
    var port: Int
  }

  private struct Pinned {
    var client: HTTPClient
    var address: String
    var until: ContinuousClock.Instant
  }

  /// How long an address is used before the name is looked up again.
  private static let lifetime = Duration.seconds(60)

  private let lookup: Lookup
  private let pinned = Mutex<[Key: Pinned]>([:])

  /// Clients that look names up as the system does.
  package init(lookup: @escaping Lookup = { try SocketAddress.makeAddressResolvingHost($0, port: $1) }) {
    self.lookup = lookup
  }

  /// The client for a server.
  ///
  /// - Throws: `.forbiddenAddress`, `.unreachable` when the name leads nowhere, `.timeout` when nobody says in time.
  func client(
    for server: ServerURL, isInternal: Bool, deadline: ContinuousClock.Instant
  ) async throws(FetchFailure) -> HTTPClient {
    let key = Key(scheme: server.scheme, host: server.host, port: server.port)
    if let pin = pinned.withLock({ $0[key] }), pin.until > .now { return pin.client }
    let address = try await address(of: server, before: deadline)
    guard let text = address.ipAddress, let network = NetworkAddress(text), isInternal || network.isPublic else {
      throw .forbiddenAddress
    }
    // http is for this machine only, whatever the name leads to.
    guard server.scheme == "https" || network.isLoopback else { throw .forbiddenAddress }
    let (client, old) = pinned.withLock { pinned -> (HTTPClient, HTTPClient?) in
      let now = ContinuousClock.now
      if let pin = pinned[key], pin.address == text {
        pinned[key]?.until = now + Self.lifetime
        return (pin.client, nil)
      }
      let old = pinned[key]?.client
      let client = Self.make(host: server.host, address: text)
      pinned[key] = Pinned(client: client, address: text, until: now + Self.lifetime)
      return (client, old)
    }
    if let old { retire(old) }
    return client
  }

  /// Closes every connection.
  package func shutdown() async {
    let clients = pinned.withLock { pinned in
      defer { pinned = [:] }
      return pinned.values.map(\.client)
    }
    for client in clients { try? await client.shutdown() }
  }

  /// A client whose address has changed may still be answering a call; a call is over after a few seconds.
  private func retire(_ client: HTTPClient) {
    Task {
      try? await Task.sleep(for: .seconds(30))
      try? await client.shutdown()
    }
  }

  private static func make(host: String, address: String) -> HTTPClient {
    // Certificates are verified in full: that is the default.
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(2), read: .seconds(10)),
      decompression: .enabled(limit: .size(FetchLimits().bytes)))
    configuration.dnsOverride = [host: address]
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// The lookup on a thread of its own, awaited no longer than the deadline: it cannot be broken off.
  private func address(
    of server: ServerURL, before deadline: ContinuousClock.Instant
  ) async throws(FetchFailure) -> SocketAddress {
    let result = await withCheckedContinuation { continuation in
      let answer = FirstAnswer(continuation)
      let timer = Task {
        try? await Task.sleep(until: deadline, clock: .continuous)
        answer.give(.failure(.timeout))
      }
      NIOThreadPool.singleton.submit { [lookup] state in
        defer { timer.cancel() }
        guard case .active = state, let address = try? lookup(server.host, server.port) else {
          return answer.give(.failure(.unreachable))
        }
        answer.give(.success(address))
      }
    }
    return try result.get()
  }
}

/// Hands on the first of several answers; the later ones are dropped.
private final class FirstAnswer: Sendable {
  typealias Answer = Result<SocketAddress, FetchFailure>
  private let waiting: Mutex<CheckedContinuation<Answer, Never>?>

  init(_ continuation: CheckedContinuation<Answer, Never>) {
    waiting = Mutex(continuation)
  }

  func give(_ answer: Answer) {
    let first = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    first?.resume(returning: answer)
  }
}
