// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReader {
  /// Turns the signals' candidates into samples: sorted by time, one an instant.
  ///
  /// Of several values of one signal at one instant the preferred stays. Volumes (category `fluid`) that come under
  /// different codes are different volumes and all stay.
  mutating func settle() {
    guard let stay else { return }
    timeline.sources.reserveCapacity(candidates.reduce(0) { $0 + $1.count })
    for slot in profile.signals.indices {
      let ordered = Self.ordered(candidates[slot])
      timeline.samples[slot].reserveCapacity(ordered.count)
      var first = 0  // of those kept at the current instant
      var kept: [Candidate] = []
      kept.reserveCapacity(ordered.count)
      for candidate in ordered {
        if first < kept.count, kept[first].moment != candidate.moment { first = kept.count }
        if let rival = kept[first...].first(where: { !slots[slot].isFluid || Self.sameCode($0, candidate) }) {
          ignore(candidate.holder, rival.value == candidate.value ? .duplicate : .conflict, signal: slots[slot].id)
          continue
        }
        kept.append(candidate)
        timeline.samples[slot].append(
          Sample(
            hours: candidate.moment.hours(since: stay.start), value: candidate.value,
            source: Int32(timeline.sources.count)))
        timeline.sources.append(Source(candidate))
      }
    }
  }

  /// Ascending in time, the preferred first of one instant. Charts are mostly in this order already.
  private static func ordered(_ candidates: [Candidate]) -> [Candidate] {
    if zip(candidates, candidates.dropFirst()).allSatisfy({ $0.moment < $1.moment }) { return candidates }
    return candidates.indices.sorted { left, right in
      let (left, right) = (candidates[left], candidates[right])
      return left.moment != right.moment ? left.moment < right.moment : left.isPreferred(to: right)
    }.map { candidates[$0] }
  }

  private static func sameCode(_ left: Candidate, _ right: Candidate) -> Bool {
    Source.code(of: left.coding) == Source.code(of: right.coding)
  }
}
