// SPDX-License-Identifier: Apache-2.0
package import Features

extension LabelDefinition {
  /// The onset of a state within the head's horizon, by the criterion that also tells who is in it already.
  ///
  /// `CriterionCourse.onset` says which rows teach nothing. Rows before the first hour at which the model answers are
  /// left out too, so that the scores are of what is shown.
  package static func onset(of criterion: Criterion) -> LabelDefinition {
    LabelDefinition(name: "onset-\(criterion.rawValue)", summary: criterion.summary) { question in
      var result = Labels.unknown(question)
      guard let horizon = question.head.horizonHours, let end = question.stay.outcome.hours.last else { return result }
      let course = criterion.course(of: question.stay.timeline, profile: question.profile)
      let answered = question.profile.eligibility.hours
      for (row, hour) in question.hours.enumerated() where answered.contains(hour) {
        guard let begins = course.onset(afterHour: hour, within: horizon, recordEnd: end) else { continue }
        result.values[row] = begins ? 1 : 0
        result.weights[row] = 1
      }
      return result
    }
  }
}

extension Criterion {
  /// The definition in one sentence that a clinician understands; the card carries it.
  package var summary: String {
    switch self {
    case .acuteKidneyInjury:
      "KDIGO stage 1 or more: creatinine up by 0.3 mg/dL within 48 h or to 1.5 times the lowest of 7 days, or, where it "
        + "is charted, urine under 0.5 mL/kg/h for 6 h."
    case .circulatoryFailure:
      "Mean arterial pressure under 65 mmHg with lactate over 2 mmol/L; vasopressors are not in the data."
    case .respiratoryFailure:
      "PaO2/FiO2 under 200 mmHg on mechanical ventilation (SOFA respiratory score of 3 or more)."
    case .hepaticDysfunction: "Total bilirubin of 2 mg/dL or more (SOFA liver score of 2 or more)."
    case .coagulationDysfunction: "Platelets under 100 x 10^3/uL (SOFA coagulation score of 2 or more)."
    case .hyperkalaemia: "Potassium of 5.5 mmol/L or more."
    case .severeHypoglycaemia: "Glucose of 40 mg/dL (2.2 mmol/L) or less."
    }
  }
}
