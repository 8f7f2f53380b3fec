// SPDX-License-Identifier: Apache-2.0

/// A state of an organ or of the blood whose onset a network foresees, by the definition that both labels it and says
/// whether a patient is in it already.
///
/// The raw value names the network's head and the manifest's outcome. `docs/labels.md` explains every definition.
package enum Criterion: String, Codable, Sendable, CaseIterable {
  /// KDIGO 2012, stage 1 or more, by creatinine and, where it is charted, urine.
  case acuteKidneyInjury = "aki"
  /// Mean arterial pressure under 65 mmHg with lactate over 2 mmol/L.
  case circulatoryFailure = "circulatory-failure"
  /// SOFA respiratory score of 3 or more: PaO2/FiO2 under 200 mmHg on a ventilator.
  case respiratoryFailure = "respiratory-failure"
  /// SOFA liver score of 2 or more: bilirubin of 2 mg/dL or more.
  case hepaticDysfunction = "hepatic-dysfunction"
  /// SOFA coagulation score of 2 or more: platelets under 100 x 10^3/uL.
  case coagulationDysfunction = "coagulation-dysfunction"
  /// Potassium of 5.5 mmol/L or more.
  case hyperkalaemia
  /// Glucose of 40 mg/dL or less.
  case severeHypoglycaemia = "severe-hypoglycaemia"

  /// Every judgement that a stay allows, each from the values up to its own time: the course of a stay cut short is the
  /// course of the whole stay, cut short.
  package func course(of timeline: Timeline, profile: FeatureProfile) -> CriterionCourse {
    let values = MeasuredValues(timeline, profile)
    let judgements =
      switch self {
      case .acuteKidneyInjury: KidneyInjury.judgements(values)
      case .circulatoryFailure: CirculatoryFailure.judgements(values)
      case .respiratoryFailure: RespiratoryFailure.judgements(values)
      case .hepaticDysfunction: HepaticDysfunction.judgements(values)
      case .coagulationDysfunction: CoagulationDysfunction.judgements(values)
      case .hyperkalaemia: Hyperkalaemia.judgements(values)
      case .severeHypoglycaemia: SevereHypoglycaemia.judgements(values)
      }
    return CriterionCourse(judgements: judgements)
  }
}
