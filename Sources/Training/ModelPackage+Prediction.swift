// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Features
import Networks

extension ModelPackage {
  /// The calibrated probability of the package's outcome at each hour, whoever the patient is: for scoring on data sets,
  /// with the bits that `risk` gives for one hour.
  package func probabilities(_ timeline: Timeline, atHours hours: [Double]) -> [Double] {
    var table = FeatureTable(columns: profile.columns)
    table.reserve(rows: hours.count)
    for vector in profile.trajectory(timeline, atHours: hours) { table.append(vector) }
    let model = TrainedModel(encoder: encoder, ensemble: ensemble)
    return model.meanLogits(table, rows: Array(hours.indices), head: head).map(calibration.probability)
  }

  /// The probability from which an alarm sounds: where the band `high` begins.
  package var alarmThreshold: Double {
    manifest.bands.last { $0.name == "high" }?.from ?? 1
  }
}
