// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Which slots of a profile a code means.
struct CodeTargets {
  let terminology: Terminology
  private var bySet: [String: [Int]] = [:]

  init(profile: FeatureProfile, terminology: Terminology) {
    self.terminology = terminology
    for (index, signal) in profile.signals.enumerated() {
      for set in signal.valueSets { bySet[set, default: []].append(index) }
    }
    for (index, item) in profile.statics.enumerated() {
      for set in item.valueSets ?? [] { bySet[set, default: []].append(profile.signals.count + index) }
    }
  }

  /// The slots that one Coding means, ascending. Both system and code must be given and match; the display is not read.
  func slots(of coding: Node) -> [Int] {
    var found: [Int] = []
    for set in terminology.valueSets(of: coding) {
      guard let slots = bySet[set] else { continue }
      found = found.isEmpty ? slots : (found + slots.filter { !found.contains($0) }).sorted()
    }
    return found
  }
}
