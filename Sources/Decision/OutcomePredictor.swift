// SPDX-License-Identifier: Apache-2.0
package import Networks

/// One outcome of a package bound to the head that predicts it: from the members' logits to what may be said.
package struct OutcomePredictor: Sendable {
  /// What the probability is of.
  package let outcome: ModelManifest.Outcome
  /// Index of the head among the networks' heads.
  package let head: Int
  /// From the mean logit to a probability.
  package let calibration: PlattScaling
  /// Which answers the probability leaves open.
  package let conformal: ConformalSet

  /// The first logit of the outcome's head for a row of a batch, by member.
  ///
  /// - Parameter logits: what `Ensemble.logits` gives: by member and head, rows x outputs.
  package func memberLogits(_ logits: [[Matrix]], row: Int = 0) -> [Double] {
    logits.map { Double($0[head][row, 0]) }
  }

  /// The calibrated probability of a row of a batch: of the members' mean logit, summed in Double in their order.
  package func probability(_ logits: [[Matrix]], row: Int = 0) -> Double {
    calibration.probability(memberLogits(logits, row: row).reduce(0, +) / Double(logits.count))
  }

  /// The calibrated probability and the ensemble's 95 % interval.
  ///
  /// With member logits z₁…zₙ, mean m and sample standard deviation s, and the calibration p(z): the
  /// probability is p(m), the interval p(m − 1.96·s) to p(m + 1.96·s). It says how far equally trained networks agree on
  /// this patient (Lakshminarayanan et al. 2017), not how the outcome will vary. Sums run in the members' order.
  ///
  /// - Parameter groups: the groups of patients for which the conformal set has bounds of their own.
  package func risk(_ memberLogits: [Double], groups: [String] = []) -> Finding.Risk {
    let count = Double(memberLogits.count)
    let mean = memberLogits.reduce(0, +) / count
    let squares = memberLogits.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = memberLogits.count > 1 ? (squares / (count - 1)).squareRoot() : 0
    let probability = calibration.probability(mean)
    return Finding.Risk(
      probability: probability, low: calibration.probability(mean - 1.96 * spread),
      high: calibration.probability(mean + 1.96 * spread), band: outcome.band(of: probability).name,
      predictionSet: PredictionSet(conformal, probability: probability, groups: groups))
  }
}
