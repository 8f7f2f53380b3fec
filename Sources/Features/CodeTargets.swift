// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Which signals and statics a code means under a profile.
struct CodeTargets {
  /// What a code means: indexes into the profile's signals and statics, ascending.
  struct Targets: Equatable {
    var signals: [Int] = []
    var statics: [Int] = []
    var isEmpty: Bool { signals.isEmpty && statics.isEmpty }

    mutating func formUnion(_ other: Targets) {
      signals = (signals + other.signals.filter { !signals.contains($0) }).sorted()
      statics = (statics + other.statics.filter { !statics.contains($0) }).sorted()
    }
  }

  let terminology: Terminology
  private var bySet: [String: Targets] = [:]

  init(profile: FeatureProfile, terminology: Terminology) {
    self.terminology = terminology
    for (index, signal) in profile.signals.enumerated() {
      for set in signal.valueSets { bySet[set, default: Targets()].signals.append(index) }
    }
    for (index, item) in profile.statics.enumerated() {
      for set in item.valueSets ?? [] { bySet[set, default: Targets()].statics.append(index) }
    }
  }

  /// What one Coding means. Both system and code must be given and match; the display is not read.
  func targets(of coding: Node) -> Targets {
    var result: Targets?
    for set in terminology.valueSets(of: coding) {
      guard let targets = bySet[set] else { continue }
      if result == nil { result = targets } else { result?.formUnion(targets) }
    }
    return result ?? Targets()
  }
}
