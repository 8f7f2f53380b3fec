// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReader {
  /// Turns the signals' candidates into samples: sorted by time, one an instant.
  ///
  /// Of several values of one signal at one instant the preferred stays. Volumes (category `fluid`) that come under
  /// different codes are different volumes and all stay.
  mutating func settle() {
    guard let stay else { return }
    candidates.sort { left, right in
      if left.slot != right.slot { return left.slot < right.slot }
      if left.moment != right.moment { return left.moment < right.moment }
      return left.preference > right.preference
    }
    var kept: [Candidate] = []
    for candidate in candidates where candidate.slot < profile.signals.count {
      let signal = profile.signals[candidate.slot]
      let rivals = kept.reversed().prefix(while: { $0.slot == candidate.slot && $0.moment == candidate.moment })
      let rival = rivals.first { rival in
        signal.category != .fluid || Source.code(of: rival.coding) == Source.code(of: candidate.coding)
      }
      if let rival {
        ignore(candidate.holder, rival.value == candidate.value ? .duplicate : .conflict, signal: signal.id)
        continue
      }
      kept.append(candidate)
      timeline.samples[candidate.slot].append(
        Sample(
          hours: candidate.moment.hours(since: stay.start), value: candidate.value,
          source: Int32(timeline.sources.count)))
      timeline.sources.append(Source(candidate))
    }
  }
}

extension Source {
  init(_ candidate: Candidate) {
    let literal = candidate.literal
    self.init(
      resource: Source.name(of: candidate.observation.node), version: candidate.observation.versionID,
      code: Source.code(of: candidate.coding), value: Source.text(of: literal),
      unit: literal["code"]?.text ?? literal["unit"]?.text, instant: candidate.moment,
      conversion: candidate.conversion)
  }

  /// `Observation/123`, or the path of a resource without id.
  static func name(of resource: Node) -> String {
    guard let type = resource.resourceType, let id = resource["id"]?.text else { return resource.path }
    return "\(type)/\(id)"
  }

  /// The value as written: a number's or string's text, or the code of a concept.
  static func text(of literal: Node) -> String {
    if let text = literal.text ?? literal["value"]?.text { return text }
    return literal.elements("coding").first?["code"]?.text ?? ""
  }

  /// `system|code` of a Coding or an Identifier.
  static func code(of coding: Node) -> String {
    "\(coding["system"]?.text ?? "")|\(coding.codeOrValue ?? "")"
  }
}
