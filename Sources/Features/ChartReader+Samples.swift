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
    for slot in profile.signals.indices where !candidates[slot].isEmpty {
      let ordered = Self.order(of: candidates[slot])
      var samples: [Sample] = []
      samples.reserveCapacity(ordered.count)
      var rivals: [Int] = []  // those kept at the current instant
      for index in ordered {
        if let last = rivals.last, candidates[slot][last].moment != candidates[slot][index].moment { rivals = [] }
        if let rival = rivals.first(where: { !slots[slot].isFluid || sameCode($0, index, of: slot) }) {
          let isSame = candidates[slot][rival].value == candidates[slot][index].value
          ignore(candidates[slot][index].holder, isSame ? .duplicate : .conflict, signal: slots[slot].id)
          continue
        }
        rivals.append(index)
        let source = Int32(timeline.sources.count)
        let hours = candidates[slot][index].moment.hours(since: stay.start)
        samples.append(Sample(hours: hours, value: candidates[slot][index].value, source: source))
        timeline.sources.append(Source(candidates[slot][index], codes.terminology))
      }
      timeline.samples[slot] = samples
    }
  }

  /// Indexes, ascending in time, the preferred first of one instant. Charts are mostly in this order already.
  private static func order(of candidates: [Candidate]) -> [Int] {
    // A candidate is large to move: its moment and index stand for it.
    var keys = candidates.indices.map { (moment: candidates[$0].moment, index: $0) }
    if !zip(keys, keys.dropFirst()).allSatisfy({ $0.moment < $1.moment }) {
      keys.sort { left, right in
        guard left.moment == right.moment else { return left.moment < right.moment }
        return candidates[left.index].isPreferred(to: candidates[right.index])
      }
    }
    return keys.map(\.index)
  }

  private func sameCode(_ left: Int, _ right: Int, of slot: Int) -> Bool {
    let terminology = codes.terminology
    return terminology.text(of: candidates[slot][left].coding) == terminology.text(of: candidates[slot][right].coding)
  }
}
