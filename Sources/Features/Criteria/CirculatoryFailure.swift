// SPDX-License-Identifier: Apache-2.0

/// Circulatory failure: mean arterial pressure under 65 mmHg with lactate over 2 mmol/L (the thresholds of septic shock
/// in Sepsis-3, Singer et al., JAMA 2016;315:801-810, and of Hyland et al., Nat Med 2020;26:364-373, without their
/// vasopressors, which neither data set records: a pressure held by noradrenaline is not recognised).
///
/// A pressure of 65 or more, or a lactate of 2 or less beside a low pressure, speaks against it; a low pressure without
/// a current lactate says nothing.
enum CirculatoryFailure {
  private static let lowPressure = 65.0
  private static let highLactate = 2.0
  private static let pressureHours = 2.0
  private static let lactateHours = 12.0

  static func judgements(_ values: MeasuredValues) -> [Judgement] {
    let pressure = values.samples("map", "map-invasive", "map-cuff")
    let lactate = values.samples("lactate")
    let arrivals = (pressure.map { ($0.hours, "map") } + lactate.map { ($0.hours, "lactate") })
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    return arrivals.compactMap { hours, signal in
      isMet(pressure.last(upTo: hours, age: pressureHours), lactate.last(upTo: hours, age: lactateHours))
        .map { Judgement(hours: hours, isMet: $0, signal: signal) }
    }
  }

  /// Whether current values meet the criterion; nil when they do not settle it.
  static func isMet(_ pressure: Sample?, _ lactate: Sample?) -> Bool? {
    guard let pressure else { return nil }
    guard pressure.value < lowPressure else { return false }
    return lactate.map { $0.value > highLactate }
  }
}
