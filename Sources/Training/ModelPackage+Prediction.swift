// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Features
import Networks

extension ModelPackage {
  /// The calibrated probability of the package's primary outcome at each hour, whoever the patient is: for scoring on data sets,
  /// with the bits that an assessment gives for one hour.
  package func probabilities(_ timeline: Timeline, atHours hours: [Double]) -> [Double] {
    var table = FeatureTable(columns: profile.columns)
    table.reserve(rows: hours.count)
    for vector in profile.trajectory(timeline, atHours: hours) { table.append(vector) }
    let model = TrainedModel(encoder: encoder, ensemble: ensemble)
    return model.meanLogits(table, rows: Array(hours.indices), head: primary.head).map(primary.calibration.probability)
  }
}
