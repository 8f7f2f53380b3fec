// SPDX-License-Identifier: Apache-2.0
import FHIR

/// One stay in intensive care, from the first ICU location or encounter to the last that continues it.
struct ICUStay {
  /// ICU admission.
  var start: Instant
  /// When the patient left; nil while the stay lasts.
  var end: Instant?
  /// The text of the start, whose first ten characters are the day at the place of care.
  var startText: String
  /// The encounter that says so.
  var encounter: Encounter
  /// Codings that named the first unit, for its type.
  var codings: [Node]
}

extension ICUStay {
  /// The value set of codes that mean intensive care.
  static let valueSet = "icu-location"

  /// Time between two ICU periods, in hours, within which the second continues the first: a transfer between units
  /// by way of the operating theatre or a scan is one stay.
  static let transferGapHours = 6.0

  /// Encounter.status of R4, R5 and STU3 under which the patient is or was there (encounter-status: not planned,
  /// cancelled, entered-in-error or unknown).
  private static let present: [StaticString] = [
    "arrived", "triaged", "in-progress", "onleave", "on-hold", "discharged", "completed", "finished",
  ]

  private static func isPresent(_ encounter: Encounter) -> Bool {
    guard let status = encounter.node["status"], !encounter.isExcluded else { return false }
    return present.contains { status.equals($0) }
  }

  /// The stay that contains the instant, else the last before it.
  ///
  /// A location counts as intensive care by its coded type only (value set `icu-location`): of `physicalType` in the
  /// encounter, of the Location it refers to, or of an identifier system that a hospital's value set lists whole. An
  /// encounter counts as a whole by its `class`, `type`, `serviceType` or identifier in the same value set. Names and
  /// displays are never read.
  init(in chart: Chart, at instant: Instant, terminology: Terminology) throws(Ineligibility) {
    let periods = Self.periods(in: chart, terminology)
    guard !periods.isEmpty else { throw .noICUStay }
    let unknown = periods.filter { $0.start == nil }
    let stays = Self.joined(periods)
    let begun = stays.last { ($0.first?.start).map { $0 <= instant } ?? false }
    // A period without a start may be the beginning of any stay it does not lie before.
    let chosenStart = begun?.first?.start
    if unknown.contains(where: { period in
      guard let end = period.end, let chosenStart else { return true }
      return end.hours(since: chosenStart) > -Self.transferGapHours
    }) {
      throw .startUnknown
    }
    guard let stay = begun, let first = stay.first, let start = first.start else { throw .beforeICUStay }
    self.start = start
    startText = first.startText
    encounter = first.encounter
    codings = stay.first { !$0.codings.isEmpty }?.codings ?? []
    end = Self.end(of: stay)
  }
}

extension ICUStay {
  /// The coded periods of intensive care in a chart.
  private static func periods(in chart: Chart, _ terminology: Terminology) -> [ICUPeriod] {
    guard let valueSet = terminology.position(ofValueSet: Self.valueSet) else { return [] }
    var references = chart.references
    return chart.encounters.filter(isPresent).flatMap { encounter in
      ICUPeriod.list(in: encounter, references: &references, terminology: terminology, valueSet: valueSet)
    }
  }

  /// The periods whose start is known, in order of time, those of one stay together.
  private static func joined(_ periods: [ICUPeriod]) -> [[ICUPeriod]] {
    // Sorted by what they say, never by their place in the chart.
    let known = periods.filter { $0.start != nil }.sorted { $0.order < $1.order }
    var stays: [[ICUPeriod]] = []
    for period in known {
      if let last = stays.last, let start = period.start,
        last.contains(where: { $0.reaches(start, withinHours: transferGapHours) })
      {
        stays[stays.count - 1].append(period)
      } else {
        stays.append([period])
      }
    }
    return stays
  }

  private static func end(of stay: [ICUPeriod]) -> Instant? {
    stay.contains { $0.end == nil } ? nil : stay.compactMap(\.end).max()
  }

  /// ICU admission and, where the patient has left, the end of every stay whose start is known, in order of time.
  static func bounds(in chart: Chart, _ terminology: Terminology) -> [(start: Instant, end: Instant?)] {
    joined(periods(in: chart, terminology)).compactMap { stay in
      stay.first?.start.map { (start: $0, end: end(of: stay)) }
    }
  }
}

/// One coded period of intensive care.
private struct ICUPeriod {
  var start: Instant?
  var startText: String
  var end: Instant?
  var encounter: Encounter
  var codings: [Node]

  /// Start, then the place in the chart's own terms, so that the order of resources does not matter.
  var order: (Int64, Int64, String) {
    (start?.milliseconds ?? .min, end?.milliseconds ?? .max, encounter.id ?? "")
  }

  /// Whether the patient was still there at `instant`, or had left less than `hours` before.
  func reaches(_ instant: Instant, withinHours hours: Double) -> Bool {
    end.map { instant.hours(since: $0) <= hours } ?? true
  }

  /// The coded ICU periods of one encounter.
  static func list(
    in encounter: Encounter, references: inout ReferenceIndex, terminology: Terminology, valueSet: Int
  ) -> [ICUPeriod] {
    func codings(_ concepts: [CodeableConcept]) -> [Node] { concepts.flatMap { $0.codings.map(\.node) } }
    let places = encounter.locations
    var result: [ICUPeriod] = []
    for place in places where !place.isExcluded {
      var found = codings([place.form].compactMap { $0 })
      if let reference = place.location {
        if let location = references.resolve(reference, in: encounter.node) {
          found += codings(location.concepts("type") + location.concepts("physicalType") + location.concepts("form"))
          found += location.elements("identifier")
        }
        if let identifier = reference.identifier { found.append(identifier.node) }
      }
      guard found.contains(where: { terminology.positions(of: $0).contains(valueSet) }) else { continue }
      // The only place of an encounter shares its period.
      let own = place.period ?? (places.count == 1 ? encounter.period : nil)
      result.append(ICUPeriod(own, encounter: encounter, codings: found))
    }
    if !result.isEmpty { return result }
    var isNamed = false
    encounter.eachKind { kind in isNamed = isNamed || terminology.positions(of: kind).contains(valueSet) }
    guard isNamed else { return [] }
    var found: [Node] = []
    encounter.eachKind { kind in found.append(kind) }
    return [ICUPeriod(encounter.period, encounter: encounter, codings: found)]
  }

  /// A start counts as known with hour and zone only; an end that is a date alone ends with its day.
  init(_ period: Period?, encounter: Encounter, codings: [Node]) {
    start = period?.start.flatMap { $0.hasTimeZone ? $0.earliest : nil }
    startText = period?.node["start"]?.text ?? ""
    end = period?.end?.latest
    self.encounter = encounter
    self.codings = codings
  }
}

extension Node {
  /// The code of a Coding, or the value of an Identifier, which a value set may list like a code.
  var codeOrValue: String? { (self["code"] ?? self["value"])?.text }
}
