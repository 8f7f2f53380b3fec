// SPDX-License-Identifier: Apache-2.0

/// Acute kidney injury, stage 1 or more of KDIGO (Kidney Int Suppl 2012;2:1-138, section 2.1.1): any of
///
/// - a rise of creatinine by 0.3 mg/dL (26.5 umol/L) or more within 48 hours;
/// - creatinine of 1.5 times the baseline or more, reached within 7 days; the baseline is the lowest value of those 7
///   days since ICU admission, for values from before are not part of a stay's record;
/// - urine of less than 0.5 mL/kg/h for 6 hours.
///
/// Creatinine decides alone where urine or weight are not charted. Every creatinine is a judgement; urine is one only
/// when it is low, because a good flow does not speak against a rise of creatinine.
enum KidneyInjury {
  /// mg/dL. 26.5 umol/L, the standard's own figure, is 0.2998 mg/dL; and 1.2 - 0.9 is less than 0.3 in binary.
  private static let leastRise = 0.3 - 5e-4
  private static let riseHours = 48.0
  private static let leastRatio = 1.5 - 1e-9
  private static let ratioHours = 168.0
  /// mL/kg/h.
  private static let leastFlow = 0.5
  private static let flowHours = 6.0
  /// Urine is a flow only where it is charted without a gap longer than this: a missing entry is not a dry hour.
  private static let greatestGapHours = 3.0

  static func judgements(_ values: MeasuredValues) -> [Judgement] {
    let creatinine = values.samples("creatinine")
    let byCreatinine = creatinine.indices.map { index in
      Judgement(
        hours: creatinine[index].hours, isMet: rises(creatinine[...index]), signal: "creatinine")
    }
    let urine = values.samples("urine-output")
    let weight = values.samples("body-weight")
    let byUrine = urine.indices.filter { index in
      // The entries of one instant are one amount, complete with the last of them.
      (index + 1 == urine.count || urine[index + 1].hours > urine[index].hours) && isLow(urine[...index], weight)
    }
    .map { Judgement(hours: urine[$0].hours, isMet: true, signal: "urine-output") }
    guard !byUrine.isEmpty else { return byCreatinine }
    return (byCreatinine + byUrine).enumerated()
      .sorted { ($0.element.hours, $0.offset) < ($1.element.hours, $1.offset) }.map(\.element)
  }

  /// Whether the last of the creatinine values stands high enough over the lowest before it.
  static func rises(_ creatinine: ArraySlice<Sample>) -> Bool {
    guard let now = creatinine.last else { return false }
    return creatinine.dropLast().contains { before in
      let hours = now.hours - before.hours
      return hours <= riseHours && now.value - before.value >= leastRise
        || hours <= ratioHours && now.value >= leastRatio * before.value
    }
  }

  /// Whether the flow was low over the six hours or more to the last entry, from the last entry before those six hours,
  /// since an entry is what was collected after the one before it.
  static func isLow(_ urine: ArraySlice<Sample>, _ weight: [Sample]) -> Bool {
    guard let now = urine.last, let kilograms = weight.last(upTo: now.hours, age: .infinity)?.value,
      let start = urine.last(where: { now.hours - $0.hours >= flowHours })
    else { return false }
    var (volume, previous) = (0.0, start.hours)
    for entry in urine where entry.hours > start.hours {
      guard entry.hours - previous <= greatestGapHours else { return false }
      volume += entry.value
      previous = entry.hours
    }
    return volume / kilograms / (now.hours - start.hours) < leastFlow
  }
}
