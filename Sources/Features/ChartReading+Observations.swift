// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReading {
  /// Turns every usable value of the chart's Observations into a candidate.
  mutating func collect() {
    let count = observations.rows.count
    candidates.reserveCapacity(count)
    var first = 0
    while first < count {
      var end = first + 1
      while end < count, observations.rows[end].isComponent { end += 1 }
      collect(first, end)
      first = end
    }
  }

  /// The rows of one Observation from `first` to before `end`: its own, then its components'.
  private mutating func collect(_ first: Int, _ end: Int) {
    let own = match(first)
    var isKnown = own.target != CodeTargets.nothing
    for part in first + 1..<end where !isKnown { isKnown = match(part).target != CodeTargets.nothing }
    guard isKnown else { return ignore(first, .unmapped) }
    let context = observations.rows[first].context
    guard !context.isSuperseded else { return ignore(first, .superseded) }
    guard context.isUsable else { return ignore(first, .status) }
    // R4 resource.html#implicitRules is a modifier element too.
    guard !context.isModified else { return ignore(first, .modifier) }
    guard !context.isOfAnother else { return ignore(first, .focus) }
    guard let time = context.time.map(MeasuredTime.init) else {
      return ignore(first, context.isTimeInvalid ? .invalidTime : .noTime)
    }
    // A panel's own code may be mapped although only its components carry values.
    if own.target != CodeTargets.nothing, !observations.rows[first].isPanel { take(first, own, time) }
    for part in first + 1..<end {
      let match = match(part)
      guard match.target != CodeTargets.nothing else { continue }
      if observations.rows[part].isModified { ignore(part, .modifier) } else { take(part, match, time) }
    }
  }

  private func match(_ row: Int) -> (target: CodeTargets.Target, coding: UInt32) {
    if observations.rows[row].codingCount == 0 { return (CodeTargets.nothing, 0) }
    return reader.targets.match(observations.rows[row], in: observations.codings)
  }

  /// Makes candidates of the value that a row carries.
  private mutating func take(_ row: Int, _ match: (target: CodeTargets.Target, coding: UInt32), _ time: MeasuredTime) {
    if match.target == CodeTargets.contradiction { return ignore(row, .contradictoryCodes) }
    if match.target >= 0 { return take(row, Int(match.target), match.coding, time) }
    for slot in reader.targets.slots(of: match.target) { take(row, slot, match.coding, time) }
  }

  private mutating func take(_ row: Int, _ slot: Int, _ coding: UInt32, _ time: MeasuredTime) {
    do throws(Exclusion) {
      let moment = try reader.slots[slot].isStatic ? time.known(by: instant) : time.placed(by: instant, in: bounds)
      let number = try number(in: row, for: slot)
      candidates.append(
        Candidate(
          moment: moment, value: number.value, row: Int32(row), coding: coding, slot: Int16(slot),
          conversion: number.conversion))
    } catch {
      ignore(row, error, slot: slot)
    }
  }

  /// Counts a value that was read and not used.
  mutating func ignore(_ row: Int, _ reason: Exclusion, slot: Int? = nil) {
    timeline.ignored.append(row: row, slot: slot, reason)
  }
}
