// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Server

/// What the service takes at most, as options of `vigil serve`; the defaults are those of the limits themselves.
struct LimitOptions: ParsableArguments {
  private static let standard = ServerLimits()
  private static let fetching = FetchLimits()

  @Option(help: "Bytes of one body; 413 beyond.") var maxBodyBytes = standard.bodyBytes
  @Option(help: "Bytes of all header fields of one request; 431 beyond.") var maxHeaderBytes = standard.headerBytes
  @Option(help: "Seconds from the first byte of a request to the end of its header fields, and of a TLS handshake.")
  var headerSeconds = standard.headerSeconds
  @Option(help: "Seconds from there to the end of the body.") var bodySeconds = standard.bodySeconds
  @Option(help: "Seconds for an answer to be read.") var responseSeconds = standard.responseSeconds
  @Option(help: "Seconds a connection may rest between two requests.") var idleSeconds = standard.idleSeconds
  @Option(help: "Connections of all callers.") var maxConnections = standard.connections
  @Option(help: "Connections of one network address.") var maxConnectionsPerOrigin = standard.connectionsPerOrigin
  @Option(help: "Bytes of all bodies that are being read or answered; 503 beyond.")
  var maxBodiesBytes = standard.bodiesBytes
  @Option(help: "Requests of all clients that wait for a processor; 503 beyond.") var maxWaiting = standard.waiting
  @Option(help: "Requests of one client that wait for a processor; 503 beyond.")
  var maxWaitingPerClient = standard.waitingPerClient
  @Option(help: "Seconds a request may wait for a processor; 503 beyond.") var waitingSeconds = standard.waitingSeconds
  @Option(help: "Refused tokens a second of one network address; 429 beyond.")
  var refusalsPerSecond = standard.refusalsPerSecond
  @Option(help: "Seconds that requests under way have when the service is told to stop.")
  var drainSeconds = standard.drainSeconds
  @Option(help: "Requests to FHIR servers for one call.") var maxFetchRequests = fetching.requests
  @Option(help: "Bytes that are fetched for one call, unpacked.") var maxFetchBytes = fetching.bytes
  @Option(help: "Seconds that fetching for one call may take.") var fetchSeconds = fetching.seconds

  /// What they say of requests.
  var limits: ServerLimits {
    var limits = ServerLimits()
    limits.bodyBytes = maxBodyBytes
    limits.headerBytes = maxHeaderBytes
    limits.headerSeconds = headerSeconds
    limits.bodySeconds = bodySeconds
    limits.responseSeconds = responseSeconds
    limits.idleSeconds = idleSeconds
    limits.connections = maxConnections
    limits.connectionsPerOrigin = maxConnectionsPerOrigin
    limits.bodiesBytes = maxBodiesBytes
    limits.waiting = maxWaiting
    limits.waitingPerClient = maxWaitingPerClient
    limits.waitingSeconds = waitingSeconds
    limits.refusalsPerSecond = refusalsPerSecond
    limits.drainSeconds = drainSeconds
    return limits
  }

  /// What they say of fetching.
  var fetchLimits: FetchLimits {
    var limits = FetchLimits()
    limits.requests = maxFetchRequests
    limits.bytes = maxFetchBytes
    limits.seconds = fetchSeconds
    return limits
  }
}
