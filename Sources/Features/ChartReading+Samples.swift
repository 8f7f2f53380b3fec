// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReading {
  /// Turns the signals' candidates into samples: sorted by time, one an instant.
  ///
  /// Of several values of one signal at one instant the preferred stays. Volumes (category `fluid`) that come under
  /// different codes are different volumes and all stay.
  mutating func settle(_ bySlot: [[Int32]]) {
    guard let stay else { return }
    timeline.sources.reserveCapacity(candidates.count)
    for slot in profile.signals.indices where !bySlot[slot].isEmpty {
      timeline.samples[slot] = settled(ordered(bySlot[slot]), slot, since: stay.start)
    }
  }

  /// The samples of one signal from its candidates, ascending in time, the preferred first of one instant.
  private mutating func settled(_ places: [Int32], _ slot: Int, since start: Instant) -> [Sample] {
    var samples: [Sample] = []
    samples.reserveCapacity(places.count)
    var first = 0  // of those kept at the current instant
    var kept: [Candidate] = []
    kept.reserveCapacity(places.count)
    for place in places {
      let candidate = candidates[Int(place)]
      if let last = kept.last {
        if last.moment != candidate.moment {
          first = kept.count
        } else if let rival = rival(of: candidate, in: kept[first...], slot) {
          ignore(Int(candidate.row), rival.value == candidate.value ? .duplicate : .conflict, slot: slot)
          continue
        }
      }
      kept.append(candidate)
      samples.append(
        Sample(
          hours: candidate.moment.hours(since: start), value: candidate.value,
          source: timeline.sources.append(candidate)))
    }
    return samples
  }

  /// The value kept at an instant that leaves no room for the candidate.
  private func rival(of candidate: Candidate, in kept: ArraySlice<Candidate>, _ slot: Int) -> Candidate? {
    reader.slots[slot].isFluid ? kept.first { isSameCode($0, candidate) } : kept.first
  }

  /// The candidates of each slot, in the order of the chart.
  func placesBySlot() -> [[Int32]] {
    var counts = [Int](repeating: 0, count: reader.slots.count)
    for candidate in candidates { counts[Int(candidate.slot)] += 1 }
    var places = counts.map { count in
      var places: [Int32] = []
      places.reserveCapacity(count)
      return places
    }
    for (place, candidate) in candidates.enumerated() { places[Int(candidate.slot)].append(Int32(place)) }
    return places
  }

  /// Ascending in time, the preferred first of one instant. Charts are mostly in this order already.
  private func ordered(_ places: [Int32]) -> [Int32] {
    var isOrdered = true
    for (place, next) in zip(places, places.dropFirst()) {
      isOrdered = isOrdered && candidates[Int(place)].moment < candidates[Int(next)].moment
    }
    if isOrdered { return places }
    return places.sorted { left, right in
      let (left, right) = (candidates[Int(left)], candidates[Int(right)])
      return left.moment == right.moment ? isPreferred(left, to: right) : left.moment < right.moment
    }
  }
}
