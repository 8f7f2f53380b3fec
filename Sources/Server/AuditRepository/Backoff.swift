// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next try after so many that failed: twice as long each time, up to a minute, and of that some part by
/// chance, so that several services do not come back at one moment.
package struct Backoff: Sendable {
  private static let first = Duration.seconds(1), most = Duration.seconds(60)

  /// Tries that failed since the last that did not.
  package private(set) var failures = 0

  package init() {}

  /// A try succeeded.
  package mutating func reset() { failures = 0 }

  /// A try failed; between a half and all of what the number of failures asks for.
  package mutating func delay(using random: inout some RandomNumberGenerator) -> Duration {
    let whole = min(Self.first * (1 << min(failures, 10)), Self.most)
    failures += 1
    return whole * Double.random(in: 0.5...1, using: &random)
  }
}
