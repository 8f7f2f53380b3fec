// SPDX-License-Identifier: Apache-2.0

/// Respiratory failure: a SOFA respiratory score of 3 or more, that is PaO2/FiO2 under 200 mmHg with respiratory support
/// (Vincent et al., Intensive Care Med 1996;22:707-710); support is mechanical ventilation charted in the last six hours.
///
/// Judged at every PaO2 with a current FiO2. Off the ventilator the criterion cannot be met, which every heart rate, as
/// the sign that somebody looked, records.
enum RespiratoryFailure {
  /// Ventilator settings are charted every four to five hours.
  private static let settingHours = 6.0

  static func judgements(_ values: MeasuredValues) -> [Judgement] {
    let ventilation = values.samples("mechanical-ventilation")
    let fio2 = values.samples("fio2")
    func isVentilated(_ hours: Double) -> Bool {
      ventilation.last(upTo: hours, age: settingHours).map { $0.value > 0 } ?? false
    }
    let gases = values.samples("pao2").compactMap { pao2 -> Judgement? in
      guard isVentilated(pao2.hours) else { return nil }
      guard let fraction = fio2.last(upTo: pao2.hours, age: settingHours) else { return nil }
      let score = SOFA.respiratory(ratio: pao2.value / fraction.value, isSupported: true)
      return Judgement(hours: pao2.hours, isMet: score >= 3, signal: "pao2")
    }
    let unsupported = values.samples("heart-rate").filter { !isVentilated($0.hours) }
      .map { Judgement(hours: $0.hours, isMet: false, signal: "heart-rate") }
    return (gases + unsupported).sorted { ($0.hours, $0.signal) < ($1.hours, $1.signal) }
  }
}
