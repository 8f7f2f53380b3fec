// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Foundation
import Synchronization

/// Who may call, while the service runs: the operator's file of clients, which may change at any time, and what is remembered
/// of their tokens and keys.
package final class AccessControl: Sendable {
  /// The file of clients.
  private let file: String
  private let externalURL: String
  private let keySets: KeySetCache
  private let replays: ReplayStore
  private let refusalsPerSecond: Double
  /// Refused tokens by network address, and requests by client.
  private let rates = RateLimit()
  private let state: Mutex<(authenticator: Authenticator, version: Date?)>

  /// - Parameters:
  ///   - file: the clients, as `ClientRegister.read` takes them.
  ///   - externalURL: the address under which clients know this service.
  package init(
    file: String, externalURL: String, keySets: KeySetCache, replays: ReplayStore, limits: ServerLimits
  ) async throws(ClientRegisterError) {
    self.file = file
    self.externalURL = externalURL
    self.keySets = keySets
    self.replays = replays
    refusalsPerSecond = limits.refusalsPerSecond
    let version = Self.version(file)
    let authenticator = Authenticator(
      externalURL: externalURL, register: try await ClientRegister.read(file), keySets: keySets, replays: replays)
    state = Mutex((authenticator, version))
  }

  /// Reads the file again when it has changed; true when what it holds is used from now on.
  ///
  /// - Throws: when it cannot be used; the clients that were read before stay, and the next call tries again.
  package func reload() async throws(ClientRegisterError) -> Bool {
    let version = Self.version(file)
    guard version != state.withLock({ $0.version }) else { return false }
    let authenticator = Authenticator(
      externalURL: externalURL, register: try await ClientRegister.read(file), keySets: keySets, replays: replays)
    state.withLock { $0 = (authenticator, version) }
    return true
  }

  /// Forgets nothing: the tokens that were shown are known at the next start.
  package func close() throws {
    try replays.close()
  }

  /// The client that asks for an operation.
  ///
  /// - Parameters:
  ///   - origin: its network address; one that shows too many bad tokens is told to wait.
  ///   - onRefusal: told why a caller was not let in; the caller never is.
  /// - Throws: `.unauthorized`, `.forbidden`, `.tooManyRequests`, `.overloaded`.
  func client(
    with credentials: Authenticator.Credentials, calling path: String, for operation: Operation, from origin: String,
    now: Instant, onRefusal: (TokenRefusal) -> Void
  ) async throws(CDSHooksError) -> Authenticator.Caller {
    let authenticator = state.withLock { $0.authenticator }
    let caller: Authenticator.Caller
    do throws(TokenRefusal) {
      caller = try await authenticator.client(with: credentials, calling: path, now: now)
    } catch {
      onRefusal(error)
      if error == .tooManyTokens { throw CDSHooksError(.overloaded) }
      // Good tokens are let in all the while: behind a proxy all callers have one address.
      let wait = rates.take("origin \(origin)", rate: refusalsPerSecond, burst: max(1, refusalsPerSecond * 4))
      throw CDSHooksError(wait == nil ? .unauthorized : .tooManyRequests)
    }
    let client = caller.client
    if let roles = operation.roles, roles.isDisjoint(with: client.roles) { throw CDSHooksError(.forbidden) }
    if let rate = client.requestsPerSecond, rates.take("client \(client.id)", rate: rate, burst: max(1, rate)) != nil {
      throw CDSHooksError(.tooManyRequests)
    }
    return caller
  }

  /// Whether there is a client of this name now.
  func knows(_ client: String) -> Bool {
    state.withLock { $0.authenticator }.register.clients.contains { $0.id == client }
  }

  private static func version(_ file: String) -> Date? {
    try? FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date
  }
}
