// SPDX-License-Identifier: Apache-2.0
import Networks

/// Which answers a probability leaves open at a stated confidence: a conformal set of the labels yes and no.
package struct PredictionSet: Sendable, Equatable {
  /// The share of patients with each label whose sets contain it.
  package var coverage: Double
  /// Whether it may happen.
  package var yes: Bool
  /// Whether it may not happen.
  package var no: Bool

  /// The set of a calibrated probability of a patient of these groups.
  init(_ conformal: ConformalSet, probability: Double, groups: [String]) {
    coverage = conformal.coverage
    (yes, no) = conformal.labels(probability, groups: groups)
  }

  /// What the set says, in words that a clinician can check: of a class whose label is not in the set, at most
  /// 1 − coverage have so extreme a risk. Sets of both labels and of none settle nothing.
  package var text: String {
    let few = "\(DecimalText.fixed((1 - coverage) * 100, decimals: 0)) in 100"
    return switch (yes, no) {
    case (true, false):
      "The evidence speaks for it: of comparable patients to whom it does not happen, at most \(few) have so high a risk."
    case (false, true):
      "The evidence speaks against it: of comparable patients to whom it happens, at most \(few) have so low a risk."
    case (true, true):
      """
      The evidence does not settle it: a risk of this size is common among patients to whom it happens and among those to \
      whom it does not.
      """
    case (false, false):
      """
      The evidence does not settle it: a risk of this size is rare among patients to whom it happens and among those to \
      whom it does not.
      """
    }
  }
}
