// SPDX-License-Identifier: Apache-2.0

extension LabelDefinition {
  /// The label of PhysioNet 2019, as it stands in the files: do not shift it again.
  package static let sepsis = LabelDefinition(
    name: "sepsis",
    summary: "Suspected infection (antimicrobials and cultures ordered together) with a rise of SOFA by two points, "
      + "Sepsis-3 as in the PhysioNet challenge of 2019; counted from six hours before its onset on."
  ) { question in
    sepsisRows(question) { labels, hour in (labels[hour] ? 1 : 0, 1) }
  }

  /// Whether an alarm earns more than silence by the utility of Challenge 2019, weighed by what is at stake.
  package static let sepsisAlarmPays = LabelDefinition(
    name: "sepsis-alarm-pays",
    summary: "An alarm at this hour earns more than silence by the utility of Challenge 2019."
  ) { question in
    guard let labels = question.stay.outcome.sepsis else { return .unknown(question) }
    let utility = SepsisUtility.hours(labels)
    return sepsisRows(question) { _, hour in
      let gain = utility.alarm[hour] - utility.silence[hour]
      return (gain > 0 ? 1 : 0, Float(abs(gain)))
    }
  }

  /// Labels of the rows whose hours are on record; those of other hours are not known.
  private static func sepsisRows(
    _ question: Question, _ label: (_ labels: [Bool], _ hour: Int) -> (value: Float, weight: Float)
  ) -> Labels {
    guard let labels = question.stay.outcome.sepsis else { return .unknown(question) }
    var result = Labels.unknown(question)
    // Rows ask for the hours in order nearly always, so the search goes on from the last hit.
    var position = 0
    let hours = question.stay.outcome.hours
    for (row, hour) in question.hours.enumerated() {
      if position >= hours.count || hours[position] != hour { position = hours.firstIndex(of: hour) ?? hours.count }
      guard position < hours.count else { continue }
      (result.values[row], result.weights[row]) = label(labels, position)
      position += 1
    }
    return result
  }
}
