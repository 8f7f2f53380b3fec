// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features

/// One model's features of one chart, as text and as JSON.
struct FeatureReport {
  let input: String
  let model: String
  let chart: Chart
  let profile: FeatureProfile
  let instant: Instant
  let timeline: Timeline
  /// The hour of the stay at which features are taken; nil without a stay.
  let hour: Double?

  init(
    input: String, model: String, chart: Chart, profile: FeatureProfile, at instant: Instant, terminology: Terminology
  ) {
    self.input = input
    self.model = model
    self.chart = chart
    self.profile = profile
    self.instant = instant
    timeline = profile.timeline(of: chart, at: instant, terminology: terminology)
    hour = timeline.origin.map { instant.hours(since: $0) }
  }

  /// One feature: its column, its number (NaN: missing) and the sources of the values it was made of, newest first.
  private struct Feature {
    var column: Column
    var value: Float
    var sources: [Source]
  }

  private var features: [Feature] {
    guard let hour else { return [] }
    let reading = profile.reading(of: timeline, atHour: hour)
    let (values, sources) = (reading.vector.values, reading.sources)
    return profile.columns.indices.map { index in
      let found = sources[index].filter { timeline.sources.indices.contains(Int($0)) }
        .map { timeline.sources[Int($0)] }
      return Feature(
        column: profile.columns[index], value: values[index],
        sources: found.enumerated().sorted { ($0.element.instant, $0.offset) > ($1.element.instant, $1.offset) }
          .map(\.element))
    }
  }

  private var stale: [StaleSignal] {
    timeline.origin.map { profile.staleSignals(in: timeline, atHour: instant.hours(since: $0)) } ?? []
  }

  /// For people: the stay, a line a feature, what is stale, missing and ignored.
  var text: String {
    var lines = ["\(input): patient \(chart.patientID ?? "unknown"), \(model) at \(instant)"]
    if let origin = timeline.origin, let hour {
      lines.append("ICU admission \(origin), features of hour \(Self.number(hour))")
    }
    lines += timeline.ineligibility.map { "Not assessed, because \($0.text)." }
    let logarithmic = profile.signals.filter { $0.transform != nil }.map(\.id)
    if !logarithmic.isEmpty { lines.append("Values as natural logarithms: \(logarithmic.joined(separator: ", "))") }
    lines.append("")
    let known = features.filter { !$0.value.isNaN }
    let width = known.map(\.column.id.utf8.count).max() ?? 0
    for feature in known {
      let padding = String(repeating: " ", count: width - feature.column.id.utf8.count)
      lines.append(feature.column.id + padding + "  " + Self.number(Double(feature.value)) + Self.text(feature.sources))
    }
    lines.append("")
    for item in stale {
      lines.append(
        "Stale: \(profile.signals[item.signal].title), last \(Self.number(item.last.value)) "
          + "\(profile.signals[item.signal].unit), \(Self.number(item.age)) h old")
    }
    let empty = profile.signals.indices.filter { timeline.samples[$0].isEmpty }.map { profile.signals[$0].title }
    if !empty.isEmpty { lines.append("Without a value: " + empty.joined(separator: ", ")) }
    for reason in Exclusion.allCases {
      let found = timeline.ignored.filter { $0.reason == reason }
      guard !found.isEmpty else { continue }
      var places = found.prefix(3).map { ($0.signal.map { "\(profile.title(of: $0)) in " } ?? "") + $0.path }
      if found.count > 3 { places.append("...") }
      lines.append("Ignored \(found.count), \(reason.text): " + places.joined(separator: "; "))
    }
    for issue in chart.issues { lines.append("Noted, \(issue.text): \(issue.path ?? "")") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func text(_ sources: [Source]) -> String {
    let shown = sources.prefix(3).map { source in
      var words = "\(source.resource) \(source.value)"
      if let unit = source.unit { words += " \(unit)" }
      words += " at \(source.instant)"
      if let conversion = source.conversion { words += " (\(conversion))" }
      return words
    }
    guard !shown.isEmpty else { return "" }
    let more = sources.count > 3 ? " and \(sources.count - 3) more" : ""
    return "  <- " + shown.joined(separator: "; ") + more
  }

  /// A number with at most four decimals.
  private static func number(_ value: Double) -> String {
    let rounded = (value * 10_000).rounded() / 10_000
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
  }

  /// For programs: everything, with all sources and all ignored values.
  var json: JSON {
    [
      "input": .string(input), "model": .string(model), "profile": .string("\(profile.id)|\(profile.version)"),
      "patient": chart.patientID.map(JSON.string), "at": .string(instant.description),
      "icuAdmission": timeline.origin.map { .string($0.description) }, "hour": hour.map { .number($0) },
      "notAssessed": .array(
        timeline.ineligibility.map { ["code": .string($0.code), "text": .string($0.text)] }),
      "features": .array(features.map { Self.json($0) }),
      "stale": .array(
        stale.map { item in
          [
            "signal": .string(profile.signals[item.signal].id), "value": .number(item.last.value),
            "ageHours": .number(item.age),
          ]
        }),
      "ignored": .array(
        timeline.ignored.enumerated().map { place, item in
          [
            "resource": .string(timeline.ignored.resource(at: place)), "path": .string(item.path),
            "signal": item.signal.map(JSON.string),
            "reason": .string(item.reason.rawValue),
          ]
        }),
      "issues": .array(
        chart.issues.map { ["code": .string($0.code), "text": .string($0.text), "path": $0.path.map(JSON.string)] }),
    ]
  }

  private static func json(_ feature: Feature) -> JSON {
    [
      "id": .string(feature.column.id), "title": .string(feature.column.title),
      // The shortest text of the Float, as the network sees it; missing is null.
      "value": feature.value.isFinite ? .number(literal: "\(feature.value)") : .null,
      "sources": .array(
        feature.sources.map { source in
          [
            "resource": .string(source.resource), "version": source.version.map(JSON.string),
            "code": .string(source.code), "value": .string(source.value), "unit": source.unit.map(JSON.string),
            "instant": .string(source.instant.description), "conversion": source.conversion.map(JSON.string),
          ]
        }),
    ]
  }
}
