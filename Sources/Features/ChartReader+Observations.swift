// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReader {
  /// Walks the chart's Observations and turns every usable value into a candidate.
  mutating func collect() {
    for observation in chart.observations { read(observation) }
  }

  private mutating func read(_ observation: Observation) {
    let node = observation.node
    let own = match(node)
    let isPanel = node.has("component")
    var parts: [(node: Node, match: Match)] = []
    if isPanel {
      for component in node.elements("component") {
        let match = match(component)
        if match.isKnown { parts.append((component, match)) }
      }
    }
    guard own.isKnown || !parts.isEmpty else { return ignore(node, .unmapped) }
    switch observation.exclusion {
    case .status: return ignore(node, .status)
    case .modifierExtension: return ignore(node, .modifier)
    case nil: break
    }
    // R4 resource.html#implicitRules is a modifier element too.
    guard !node.has("implicitRules") else { return ignore(node, .modifier) }
    let time: MeasuredTime
    do throws(Exclusion) { time = try MeasuredTime(of: observation) } catch { return ignore(node, error) }
    // A panel's own code may be mapped although only its components carry values.
    if own.isKnown, !isPanel || node.has("dataAbsentReason") || observation.value != nil {
      take(node, of: observation, match: own, time: time)
    }
    for part in parts {
      if part.node.hasModifierExtension {
        ignore(part.node, .modifier)
      } else {
        take(part.node, of: observation, match: part.match, time: time)
      }
    }
  }

  /// Makes candidates of the value that `holder`, an Observation or a component, carries.
  private mutating func take(_ holder: Node, of observation: Observation, match: Match, time: MeasuredTime) {
    guard case .slots(let found, let coding) = match else { return ignore(holder, .contradictoryCodes) }
    for slot in found {
      do throws(Exclusion) {
        let moment = try slots[slot].isStatic ? time.known(by: instant) : time.placed(by: instant, in: stay)
        let number = try number(in: holder, for: slot)
        candidates[slot].append(
          Candidate(
            moment: moment, value: number.value, conversion: number.conversion, observation: observation,
            holder: holder, coding: coding, literal: number.literal))
      } catch {
        ignore(holder, error, signal: slots[slot].id)
      }
    }
  }

  /// What the codings of an Observation or component mean.
  private enum Match {
    case unmapped
    /// Two codings that the profile knows, meaning different signals.
    case contradiction
    case slots([Int], coding: Node)

    var isKnown: Bool { if case .unmapped = self { false } else { true } }
  }

  private func match(_ holder: Node) -> Match {
    guard let concept = holder["code"] else { return .unmapped }
    var match = Match.unmapped
    for coding in concept.elements("coding") {
      let slots = codes.slots(of: coding)
      guard !slots.isEmpty else { continue }
      switch match {
      case .unmapped: match = .slots(slots, coding: coding)
      case .slots(let others, _) where others != slots: return .contradiction
      default: break
      }
    }
    return match
  }
}
