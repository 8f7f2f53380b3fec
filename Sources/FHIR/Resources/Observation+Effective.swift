// SPDX-License-Identifier: Apache-2.0

extension Observation {
  /// When what was observed was so.
  package struct Effective: Sendable, Equatable {
    /// Which element says so.
    package enum Source: String, Sendable {
      case dateTime = "effectiveDateTime"
      case instant = "effectiveInstant"
      case period = "effectivePeriod"
      case timing = "effectiveTiming"
      case issued
    }

    /// Which element says so.
    package let source: Source
    /// The time, or the start of the span; nil where a period has no start.
    package let start: DateTime?
    /// The end of a span; nil for a single time and for an open period.
    package let end: DateTime?

    /// When the result was known: the end of a span, else its start.
    package var known: DateTime? { end ?? start }
  }

  /// The time of the observation: `effective[x]`, and where there is none `issued`, when it was made available.
  ///
  /// Nil where there is no time, and where the one given breaks FHIR's grammar: then another is not guessed.
  package var effective: Effective? {
    if let node = node["effectiveDateTime"] {
      return node.dateTime.map { Effective(source: .dateTime, start: $0, end: nil) }
    }
    if let node = node["effectiveInstant"] {
      return node.dateTime.map { Effective(source: .instant, start: $0, end: nil) }
    }
    if let node = node["effectivePeriod"] { return Effective(source: .period, Period(node)) }
    if let node = node["effectiveTiming"] {
      let events = node.elements("event").compactMap(\.dateTime).sorted { $0.earliest < $1.earliest }
      if let first = events.first {
        return Effective(source: .timing, start: first, end: events.count > 1 ? events.last : nil)
      }
      return node["repeat"]?["boundsPeriod"].flatMap { Effective(source: .timing, Period($0)) }
    }
    return node["issued"]?.dateTime.map { Effective(source: .issued, start: $0, end: nil) }
  }
}

extension Observation.Effective {
  init?(source: Source, _ period: Period) {
    let start = period.start
    let end = period.end
    guard start != nil || end != nil else { return nil }
    self.init(source: source, start: start, end: end)
  }
}
