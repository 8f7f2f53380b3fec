// SPDX-License-Identifier: Apache-2.0

/// A moment on the UTC time line, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Leap seconds are folded into the following second, as POSIX time does.
package struct Instant: Sendable, Hashable, Comparable {
  /// Milliseconds since the epoch; negative before 1970.
  package var milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Hours from `earlier` to this moment; negative when this moment comes first.
  package func hours(since earlier: Instant) -> Double {
    Double(milliseconds - earlier.milliseconds) / 3_600_000
  }

  /// The moment `hours` later, to the millisecond.
  package func advanced(byHours hours: Double) -> Instant {
    Instant(milliseconds: milliseconds + Int64((hours * 3_600_000).rounded()))
  }
}
