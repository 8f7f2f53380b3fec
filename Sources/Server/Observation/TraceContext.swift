// SPDX-License-Identifier: Apache-2.0

/// A caller's W3C trace context (Trace Context level 1): which trace a request belongs to.
///
/// It is logged, and passed on with the requests that are made for its sake.
package struct TraceContext: Sendable, Equatable {
  /// The `traceparent` field as it is passed on.
  package let traceparent: String
  /// The trace, 32 hexadecimal digits.
  package var traceID: String { String(traceparent.dropFirst(3).prefix(32)) }

  /// Nil for anything but a field of the known form; one of a later version is read as this one (section 4.2.4).
  package init?(_ traceparent: String) {
    let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
      parts[1].utf8.count == 32, parts[2].utf8.count == 16, parts[3].utf8.count == 2,
      parts[..<4].allSatisfy({ $0.utf8.allSatisfy(Self.isLowerHexadecimal) }),
      parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
    else { return nil }
    self.traceparent = "00-\(parts[1])-\(parts[2])-\(parts[3])"
  }

  private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
