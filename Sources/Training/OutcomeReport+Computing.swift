// SPDX-License-Identifier: Apache-2.0
import Networks

extension OutcomeReport {
  /// The report of some rows.
  package init(_ rows: ScoredRows) {
    let evaluation = BinaryEvaluation(scores: rows.probabilities, labels: rows.labels)
    let points = evaluation.confusions()
    let (positives, negatives) = (evaluation.positives, rows.labels.count - evaluation.positives)
    roc = Self.thinned(
      [Point(x: 0, y: 0)]
        + points.map {
          Point(
            x: Double($0.falsePositives) / Double(max(negatives, 1)),
            y: Double($0.truePositives) / Double(max(positives, 1)))
        })
    precisionRecall = Self.thinned(
      points.map { Point(x: Double($0.truePositives) / Double(max(positives, 1)), y: $0.precision ?? 0) })
    let prevalence = Double(positives) / Double(max(rows.labels.count, 1))
    calibrationLine = CalibrationLine(probabilities: rows.probabilities, labels: rows.labels, units: rows.units)
    calibration = evaluation.calibration(bins: rows.isHourly ? 20 : 10).compactMap { bin in
      BinomialInterval(Int((bin.observed * Double(bin.count)).rounded()), of: bin.count).map {
        CalibrationBin(count: bin.count, meanProbability: bin.meanProbability, observed: $0)
      }
    }
    let reach = min(0.9, max(0.05, 5 * prevalence))
    decisionCurve = DecisionCurve(
      probabilities: rows.probabilities, labels: rows.labels, thresholds: (1...60).map { reach * Double($0) / 60 })
    alarms = Self.alarms(rows)
  }

  /// At most 200 points that lie furthest along the curve from each other.
  private static func thinned(_ points: [Point]) -> [Point] {
    guard points.count > 200 else { return points }
    return (0...199).map { points[$0 * (points.count - 1) / 199] }
  }

  private static func alarms(_ rows: ScoredRows) -> Alarms {
    var counts = (with: 0, alarmedWith: 0, without: 0, alarmedWithout: 0)
    for stay in rows.stays {
      let isAlarmed = stay.contains { rows.alarms[$0] }
      if stay.contains(where: { rows.labels[$0] }) {
        counts.with += 1
        counts.alarmedWith += isAlarmed ? 1 : 0
      } else {
        counts.without += 1
        counts.alarmedWithout += isAlarmed ? 1 : 0
      }
    }
    let right = rows.alarms.indices.count { rows.alarms[$0] && rows.labels[$0] }
    return Alarms(
      perPatientDay: rows.scores(threshold: nil).alarmsPerPatientDay,
      alarmedWithOutcome: BinomialInterval(counts.alarmedWith, of: counts.with),
      alarmedWithoutOutcome: BinomialInterval(counts.alarmedWithout, of: counts.without),
      neededToEvaluate: right > 0 ? Double(rows.alarms.count { $0 }) / Double(right) : nil)
  }
}
