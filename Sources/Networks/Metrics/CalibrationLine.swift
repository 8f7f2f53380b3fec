// SPDX-License-Identifier: Apache-2.0

/// Calibration slope and intercept (Cox 1958): the logistic regression of the outcome on the log-odds of the prediction.
///
/// A slope of 1 and an intercept of 0 are perfect; a slope under 1 says that predictions are too extreme. The intercept is
/// calibration in the large: that of the line whose slope is held at 1. Intervals are by the sandwich of White (1980) with
/// the score summed within units, so that the many hours of a patient count as one source of chance.
package struct CalibrationLine: Codable, Sendable, Equatable {
  /// A number with its 95 % interval.
  package struct Estimate: Codable, Sendable, Equatable {
    package let value: Double
    package let low: Double
    package let high: Double

    init(_ value: Double, deviation: Double) {
      self.value = value
      low = value - 1.96 * deviation
      high = value + 1.96 * deviation
    }
  }

  package let slope: Estimate
  package let intercept: Estimate

  /// The line over rows of `units`, numbered from 0; nil when a class is missing or the fit does not end.
  package init?(probabilities: [Double], labels: [Bool], units: [Int]) {
    guard labels.contains(true), labels.contains(false) else { return nil }
    let logits = probabilities.map { probability in
      let held = min(max(probability, 1e-12), 1 - 1e-12)
      return Elementary.log(held) - Elementary.log(1 - held)
    }
    guard let line = Self.fit(logits, labels, units, slopeIsFree: true),
      let level = Self.fit(logits, labels, units, slopeIsFree: false)
    else { return nil }
    slope = Estimate(line.slope, deviation: line.slopeDeviation)
    intercept = Estimate(level.intercept, deviation: level.interceptDeviation)
  }

  private struct Fit {
    var slope = 1.0
    var intercept = 0.0
    var slopeDeviation = 0.0
    var interceptDeviation = 0.0
  }

  /// Newton's method from the perfect line.
  private static func fit(_ logits: [Double], _ labels: [Bool], _ units: [Int], slopeIsFree: Bool) -> Fit? {
    var fit = Fit()
    let unitCount = (units.max() ?? 0) + 1
    for _ in 0..<50 {
      var scores = [(slope: Double, intercept: Double)](repeating: (0, 0), count: unitCount)
      var (h11, h10, h00) = (0.0, 0.0, 0.0)
      for (row, z) in logits.enumerated() {
        let p = Elementary.sigmoid(fit.slope * z + fit.intercept)
        let (residual, weight) = ((labels[row] ? 1 : 0) - p, p * (1 - p))
        scores[units[row]].slope += residual * z
        scores[units[row]].intercept += residual
        h11 += weight * z * z
        h10 += weight * z
        h00 += weight
      }
      let g1 = scores.reduce(0) { $0 + $1.slope }
      let g0 = scores.reduce(0) { $0 + $1.intercept }
      let determinant = slopeIsFree ? h11 * h00 - h10 * h10 : h00
      guard determinant > 0, determinant.isFinite else { return nil }
      let step1 = slopeIsFree ? (h00 * g1 - h10 * g0) / determinant : 0
      let step0 = slopeIsFree ? (h11 * g0 - h10 * g1) / determinant : g0 / h00
      fit.slope += step1
      fit.intercept += step0
      guard abs(step1) + abs(step0) < 1e-9 else { continue }
      // Each unit's share of the estimates; their squares add up to the variance.
      var (variance1, variance0) = (0.0, 0.0)
      for score in scores {
        let share1 = slopeIsFree ? (h00 * score.slope - h10 * score.intercept) / determinant : 0
        let share0 = slopeIsFree ? (h11 * score.intercept - h10 * score.slope) / determinant : score.intercept / h00
        variance1 += share1 * share1
        variance0 += share0 * share0
      }
      (fit.slopeDeviation, fit.interceptDeviation) = (variance1.squareRoot(), variance0.squareRoot())
      return fit
    }
    return nil
  }
}
