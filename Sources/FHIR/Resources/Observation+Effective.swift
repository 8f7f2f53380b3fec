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
  /// Nil where there is no time, where it is said to be unknown (an `effectiveDateTime` that has extensions and no value),
  /// and where the one given breaks FHIR's grammar: then another is not guessed.
  package var effective: Effective? {
    if let node = node["effectiveDateTime"] {
      return node.dateTime.map { Effective(source: .dateTime, start: $0, end: nil) }
    }
    if let node = node["effectiveInstant"] {
      return node.dateTime.map { Effective(source: .instant, start: $0, end: nil) }
    }
    if let node = node["effectivePeriod"] { return Effective(source: .period, Period(node)) }
    if let node = node["effectiveTiming"] {
      let times = node.elements("event").map(\.dateTime)
      let events = times.compactMap { $0 }.sorted { $0.earliest < $1.earliest }
      guard events.count == times.count else { return nil }
      if let first = events.first {
        return Effective(source: .timing, start: first, end: events.count > 1 ? events.last : nil)
      }
      return node["repeat"]?["boundsPeriod"].flatMap { Effective(source: .timing, Period($0)) }
    }
    if node.has("_effectiveDateTime") { return nil }
    return node["issued"]?.dateTime.map { Effective(source: .issued, start: $0, end: nil) }
  }
}

extension Observation {
  /// Whether an `effective[x]` gives a time, be it one that breaks FHIR's grammar.
  var hasEffective: Bool {
    func isGiven(_ period: Node?) -> Bool { period.map { $0.has("start") || $0.has("end") } ?? false }
    let timing = node["effectiveTiming"]
    return node.has("effectiveDateTime") || node.has("effectiveInstant") || isGiven(node["effectivePeriod"])
      || timing?.has("event") ?? false || isGiven(timing?["repeat"]?["boundsPeriod"])
  }

  /// Whether it is about something else than its subject (R4 Observation.focus).
  var hasOtherFocus: Bool {
    let subject = node.reference("subject")?.node["reference"].flatMap(TextSlice.init)
    return node.elements("focus").contains { focus in
      guard let text = focus["reference"].flatMap(TextSlice.init) else { return true }
      return text != subject
    }
  }
}

extension Observation.Effective {
  init?(source: Source, _ period: Period) {
    let start = period.start
    let end = period.end
    // An end that breaks the grammar is not replaced by the start.
    guard start != nil || end != nil, end != nil || !period.node.has("end") else { return nil }
    self.init(source: source, start: start, end: end)
  }
}
