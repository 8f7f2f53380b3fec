// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Features
import Networks

extension ModelPackage {
  /// The calibrated probability of the package's primary outcome at each hour, whoever the patient is: for scoring on
  /// data sets, with the bits that an assessment gives for one hour.
  package func probabilities(_ timeline: Timeline, atHours hours: [Double]) -> [Double] {
    var inputs: [Float] = []
    for vector in profile.trajectory(timeline, atHours: hours) { encoder.encode(vector.values[...], into: &inputs) }
    let logits = ensemble.logits(Matrix(rows: hours.count, columns: encoder.encoding.width, values: inputs))
    return hours.indices.map { primary.probability(logits, row: $0) }
  }
}
