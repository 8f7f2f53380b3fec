// SPDX-License-Identifier: Apache-2.0
import Networks

extension LabelDefinition {
  /// Death in hospital, whenever it comes: the same label at every hour of a stay.
  package static let hospitalDeath = LabelDefinition(
    name: "hospital-death", summary: "Death before discharge from the hospital to which the patient was admitted."
  ) { question in
    guard let hospital = question.stay.outcome.hospital else { return .unknown(question) }
    let rows = question.hours.count
    return Labels(
      values: [Float](repeating: hospital.died ? 1 : 0, count: rows), weights: [Float](repeating: 1, count: rows))
  }

  /// The interval after ICU admission in which death came (`Target.hazard`). No recorded death counts as alive at the end
  /// of the last interval: the data set publishes no end of its follow-up, and to censor survivors when they leave the
  /// hospital would censor them because they do well.
  package static let survival = LabelDefinition(
    name: "survival",
    summary:
      "Days from ICU admission to a recorded death, in or out of hospital; no record counts as alive at the horizon."
  ) { question in
    guard let hospital = question.stay.outcome.hospital, hospital.isSurvivalValid, let ends = question.head.binEnds,
      let horizon = ends.last
    else { return .unknown(question) }
    let one = Target.hazard(
      times: [hospital.survivalDays ?? horizon], events: [hospital.survivalDays != nil], ends: ends)
    func repeated(_ row: [Float]) -> [Float] { question.hours.flatMap { _ in row } }
    return Labels(values: repeated(one.labels.values), weights: repeated(one.weights?.values ?? []))
  }
}
