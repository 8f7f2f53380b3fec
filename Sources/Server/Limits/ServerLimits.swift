// SPDX-License-Identifier: Apache-2.0

/// What the service takes at most, of one request, of one caller and of all together. Everything beyond is refused before it
/// is read.
package struct ServerLimits: Sendable, Equatable {
  /// Bytes of one body.
  package var bodyBytes = 10 << 20
  /// Bytes of all header fields of one request; 431 beyond.
  package var headerBytes = 16 << 10
  /// Seconds from the first byte of a request to the end of its header fields (and of a connection's TLS handshake); 408 beyond.
  package var headerSeconds = 10
  /// Seconds from there to the end of the body; 408 beyond.
  package var bodySeconds = 20
  /// Seconds from the first to the last byte of the answer, for a caller that does not read it; cut off beyond.
  package var responseSeconds = 20
  /// Seconds a connection may rest between two requests.
  package var idleSeconds = 60
  /// Connections of all callers; one more is closed at once.
  package var connections = 2048
  /// Connections of one network address.
  package var connectionsPerOrigin = 1024
  /// Bytes of all bodies that are being read or answered; 503 beyond.
  package var bodiesBytes = 256 << 20
  /// Requests of all clients that wait for a processor; 503 beyond.
  package var waiting = 1024
  /// Requests of one client that wait for a processor: fewer than all, so that there is always room for another's; 503 beyond.
  package var waitingPerClient = 768
  /// Seconds a request may wait for a processor; 503 beyond.
  package var waitingSeconds = 2
  /// Refused tokens a second of one network address, after a handful at once; 429 beyond.
  package var refusalsPerSecond = 5.0
  /// Pages of explanations a second of one network address, four times as many at once; 429 beyond. Behind a proxy all browsers
  /// have one.
  package var pagesPerSecond = 20.0
  /// Seconds that requests under way have when the service is told to stop.
  package var drainSeconds = 20

  /// The defaults.
  package init() {}

  /// Whether a service can live with them: none is zero or less, and no client's row is longer than all rows together.
  var areUsable: Bool {
    let counts = [
      bodyBytes, headerBytes, headerSeconds, bodySeconds, responseSeconds, idleSeconds, connections,
      connectionsPerOrigin, bodiesBytes, waiting, waitingPerClient, waitingSeconds, drainSeconds,
    ]
    return counts.allSatisfy { (1...Int(Int32.max)).contains($0) }
      && [refusalsPerSecond, pagesPerSecond].allSatisfy { $0 > 0 && $0.isFinite } && waitingPerClient <= waiting
  }
}
