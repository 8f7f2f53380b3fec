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
    for (index, signal) in profile.signals.enumerated() {
      for set in signal.valueSets { add(index, to: set) }
    }
    for (index, item) in profile.statics.enumerated() {
      for set in item.valueSets ?? [] { add(profile.signals.count + index, to: set) }
    }
  }

  private mutating func add(_ slot: Int, to set: String) {
    if let position = terminology.position(ofValueSet: set) { bySet[position].append(slot) }
  }

  /// The slots that one Coding means, ascending. Both system and code must be given and match; the display is not read.
  func slots(of coding: Node) -> [Int] {
    var found: [Int] = []
    for set in terminology.positions(of: coding) where !bySet[set].isEmpty {
      let slots = bySet[set]
      found = found.isEmpty ? slots : (found + slots.filter { !found.contains($0) }).sorted()
    }
    return found
  }
}
