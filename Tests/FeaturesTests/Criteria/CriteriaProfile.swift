// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation

/// A profile with the signals that criteria read, and hand-made stays in it.
enum CriteriaProfile {
  /// Invasive and cuff pressure apart, as the prognosis profile has them, and together, as the diagnosis profile does.
  static let profile = Result<FeatureProfile, any Error> {
    let ids = [
      "creatinine", "urine-output", "body-weight", "map", "map-invasive", "map-cuff", "lactate", "pao2", "fio2",
      "mechanical-ventilation", "heart-rate", "bilirubin-total", "platelets", "potassium", "glucose",
    ]
    let signals = ids.map {
      """
      {"id": "\($0)", "title": "\($0)", "valueSets": ["\($0)"], "unit": "1", "range": [0, 5000], "category": "lab",
       "staleAfterHours": 24}
      """
    }
    let text = """
      {"id": "criteria", "version": "1.0.0", "title": "Criteria", "signals": [\(signals.joined(separator: ","))],
       "eligibility": {"minimumAgeYears": 18, "fromHour": 4, "toHour": 336},
       "features": [{"of": ["creatinine"], "statistics": ["last"]}]}
      """
    return try Profiles.decode(Data(text.utf8))
  }

  /// A stay with (hour, value) pairs by signal.
  static func stay(_ values: [String: [(Double, Double)]]) throws -> Timeline {
    let profile = try profile.get()
    var timeline = Timeline(profile)
    for (index, signal) in profile.signals.enumerated() {
      timeline.samples[index] = (values[signal.id] ?? []).map { Sample(hours: $0.0, value: $0.1) }
    }
    return timeline
  }

  /// The course of a criterion over such a stay.
  static func course(_ criterion: Criterion, _ values: [String: [(Double, Double)]]) throws -> CriterionCourse {
    criterion.course(of: try stay(values), profile: try profile.get())
  }

  /// The hours at which the criterion was met, and those at which it was not.
  static func hours(
    _ criterion: Criterion, _ values: [String: [(Double, Double)]]
  ) throws -> (met: [Double], unmet: [Double]) {
    let judgements = try course(criterion, values).judgements
    return (judgements.filter(\.isMet).map(\.hours), judgements.filter { !$0.isMet }.map(\.hours))
  }
}
