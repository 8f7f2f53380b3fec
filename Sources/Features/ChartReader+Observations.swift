// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A value that may become a sample or a static.
struct Candidate {
  /// Index into the profile's signals; for a static its index after them.
  var slot: Int
  var moment: Instant
  var value: Double
  var conversion: String?
  /// Which of two values at one instant counts; greater wins (see `ChartReader.preference`).
  var preference: Preference
  var observation: Observation
  /// The Observation or its component that holds the value.
  var holder: Node
  /// The Coding that matched.
  var coding: Node
  /// The `value[x]`.
  var literal: Node
}

/// The order among values of one signal at one instant: corrected before final before preliminary, then the newest
/// issue, then the lowest resource id, then the lowest value. No part depends on the order in the chart.
struct Preference: Comparable {
  var status: Int
  var issued: Int64
  var id: String
  var value: Double

  static func < (left: Preference, right: Preference) -> Bool {
    if left.status != right.status { return left.status < right.status }
    if left.issued != right.issued { return left.issued < right.issued }
    if left.id != right.id { return left.id > right.id }
    return left.value > right.value
  }
}

extension Preference {
  init(of observation: Observation) {
    let node = observation.node
    status =
      switch observation.status {
      case .corrected, .amended, .appended: 3
      case .final: 2
      default: 1
      }
    let issued = node["issued"]?.dateTime ?? observation.lastUpdated
    self.issued = issued?.earliest.milliseconds ?? .min
    id = observation.id ?? ""
    value = 0
  }
}

extension ChartReader {
  /// Walks the chart's Observations and turns every usable value into a candidate.
  mutating func collect() {
    for observation in chart.observations { read(observation) }
  }

  private mutating func read(_ observation: Observation) {
    let node = observation.node
    let components = node.elements("component")
    let own = match(node)
    let parts = components.map { ($0, match($0)) }
    guard own.isKnown || parts.contains(where: { $0.1.isKnown }) else { return ignore(node, .unmapped) }
    switch observation.exclusion {
    case .status: return ignore(node, .status)
    case .modifierExtension: return ignore(node, .modifier)
    case nil: break
    }
    // R4 resource.html#implicitRules is a modifier element too.
    guard node["implicitRules"] == nil else { return ignore(node, .modifier) }
    let time: MeasuredTime
    do throws(Exclusion) { time = try MeasuredTime(of: observation) } catch { return ignore(node, error) }
    let preference = Preference(of: observation)
    // A panel's own code may be mapped although only its components carry values.
    if own.isKnown, components.isEmpty || node["dataAbsentReason"] != nil || observation.value != nil {
      take(node, of: observation, match: own, time: time, preference: preference)
    }
    for (component, match) in parts where match.isKnown {
      guard !component.hasModifierExtension else {
        ignore(component, .modifier)
        continue
      }
      take(component, of: observation, match: match, time: time, preference: preference)
    }
  }

  /// Makes candidates of the value that `holder`, an Observation or a component, carries.
  private mutating func take(
    _ holder: Node, of observation: Observation, match: Match, time: MeasuredTime, preference: Preference
  ) {
    guard case .targets(let targets, let coding) = match else { return ignore(holder, .contradictoryCodes) }
    for slot in targets.signals + targets.statics.map({ $0 + profile.signals.count }) {
      let isStatic = slot >= profile.signals.count
      let name = isStatic ? profile.statics[slot - profile.signals.count].id : profile.signals[slot].id
      do throws(Exclusion) {
        let moment = try isStatic ? time.known(by: instant) : time.placed(by: instant, in: stay)
        let number = try number(in: holder, slot: slot)
        var preference = preference
        preference.value = number.value
        candidates.append(
          Candidate(
            slot: slot, moment: moment, value: number.value, conversion: number.conversion, preference: preference,
            observation: observation, holder: holder, coding: coding, literal: number.literal))
      } catch {
        ignore(holder, error, signal: name)
      }
    }
  }

  // MARK: What an observation is

  /// What the codings of an Observation or component mean.
  private enum Match {
    case unmapped
    /// Two codings that the profile knows, meaning different signals.
    case contradiction
    case targets(CodeTargets.Targets, coding: Node)

    var isKnown: Bool { if case .unmapped = self { false } else { true } }
  }

  private func match(_ holder: Node) -> Match {
    var found: (targets: CodeTargets.Targets, coding: Node)?
    guard let concept = holder["code"] else { return .unmapped }
    for coding in concept.elements("coding") {
      let targets = codes.targets(of: coding)
      guard !targets.isEmpty else { continue }
      if let found, found.targets != targets { return .contradiction }
      if found == nil { found = (targets, coding) }
    }
    return found.map { .targets($0.targets, coding: $0.coding) } ?? .unmapped
  }
}
