// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Which slots of a profile a code means.
struct CodeTargets {
  let terminology: Terminology
  /// By position of the value set in the terminology.
  private var bySet: [[Int]]

  init(profile: FeatureProfile, terminology: Terminology) {
    self.terminology = terminology
    bySet = Array(repeating: [], count: terminology.valueSets.count)
    let sets = profile.signals.map(\.valueSets) + profile.statics.map { $0.valueSets ?? [] }
    for (slot, sets) in sets.enumerated() {
      for set in sets {
        if let position = terminology.position(ofValueSet: set) { bySet[position].append(slot) }
      }
    }
  }

  /// The slots that one Coding means, ascending. Both system and code must be given and match; the display is not read.
  func slots(of coding: Node) -> [Int] {
    let sets = terminology.positions(of: coding)
    if sets.count == 1 { return bySet[sets[0]] }
    var found: [Int] = []
    for set in sets where !bySet[set].isEmpty {
      let slots = bySet[set]
      found = found.isEmpty ? slots : (found + slots.filter { !found.contains($0) }).sorted()
    }
    return found
  }
}
