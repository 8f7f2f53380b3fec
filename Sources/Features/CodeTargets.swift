// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Which slots of a profile a code means.
struct CodeTargets: Sendable {
  /// What codes mean to the profile: nothing, one slot by its number, or one of `sets`, counted down from -2.
  typealias Target = Int32
  static let nothing: Target = -1
  /// Codes of one value that mean different things.
  static let contradiction: Target = .min

  /// For each meaning of the terminology.
  private var targets: [Target] = []
  /// Several slots that one code means together, ascending.
  private var sets: [[Int]] = []

  init(profile: FeatureProfile, terminology: Terminology) {
    var slots: [[Int]] = Array(repeating: [], count: terminology.valueSets.count)
    let names = profile.signals.map(\.valueSets) + profile.statics.map { $0.valueSets ?? [] }
    for (slot, names) in names.enumerated() {
      for name in names {
        if let position = terminology.position(ofValueSet: name) { slots[position].append(slot) }
      }
    }
    targets.reserveCapacity(terminology.meanings.count)
    for meaning in terminology.meanings {
      let found = meaning.count == 1 ? slots[meaning[0]] : Set(meaning.flatMap { slots[$0] }).sorted()
      if found.count < 2 {
        targets.append(found.first.map { Target($0) } ?? CodeTargets.nothing)
      } else {
        if !sets.contains(found) { sets.append(found) }
        targets.append(-2 - Target(sets.firstIndex(of: found) ?? 0))
      }
    }
  }

  /// The slots of a target below `nothing` that is no contradiction.
  func slots(of target: Target) -> [Int] { sets[Int(-2 - target)] }

  /// What the codings of a row mean, and the node of the Coding that says so. System and code must both be given and
  /// match; the display is not read.
  func match(_ row: ObservationTable.Row, in codings: [ObservationTable.Coding]) -> (target: Target, coding: UInt32) {
    var match = (target: CodeTargets.nothing, coding: UInt32(0))
    for index in Int(row.firstCoding)..<Int(row.firstCoding + row.codingCount) {
      let target = targets[Int(codings[index].meaning)]
      if target == CodeTargets.nothing { continue }
      if match.target == CodeTargets.nothing {
        match = (target, codings[index].node)
      } else if match.target != target {
        return (CodeTargets.contradiction, 0)
      }
    }
    return match
  }
}
