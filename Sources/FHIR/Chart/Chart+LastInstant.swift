// SPDX-License-Identifier: Apache-2.0

extension Chart {
  /// The last moment that the chart tells of: the latest measurement, else the latest start or end of an encounter.
  ///
  /// Times without a zone name no moment and are passed over, as are resources that may not be relied on.
  package var lastInstant: Instant? {
    let measured = observations.compactMap { observation -> Instant? in
      guard observation.exclusion == nil, let effective = observation.effective else { return nil }
      return Self.moment(effective.end ?? effective.start)
    }
    if let last = measured.max() { return last }
    return encounters.filter { !$0.isExcluded }
      .compactMap { Self.moment($0.period?.end ?? $0.period?.start) }.max()
  }

  private static func moment(_ time: DateTime?) -> Instant? {
    time.flatMap { $0.hasTimeZone ? $0.earliest : nil }
  }
}
