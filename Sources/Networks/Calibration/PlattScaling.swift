// SPDX-License-Identifier: Apache-2.0

/// A logistic curve from a network's logit to a calibrated probability (Platt 1999): p = sigmoid(slope·z + intercept).
package struct PlattScaling: Codable, Sendable, Equatable {
  package var slope: Double
  package var intercept: Double

  package init(slope: Double, intercept: Double) {
    self.slope = slope
    self.intercept = intercept
  }

  /// The calibrated probability of a logit.
  package func probability(_ logit: Double) -> Double {
    Elementary.sigmoid(slope * logit + intercept)
  }

  /// The curve of greatest likelihood over out-of-fold logits and their labels, by Newton's method with step halving
  /// (Lin, Lin and Weng 2007). The labels are drawn in as Platt advises, to (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2), so that the
  /// curve is finite even if the classes are separated.
  package init(fitting logits: [Double], labels: [Bool]) throws(NetworkError) {
    let positives = labels.count { $0 }
    let negatives = labels.count - positives
    guard logits.count == labels.count, positives > 0, negatives > 0 else { throw .insufficientData }
    let high = Double(positives + 1) / Double(positives + 2)
    let low = 1 / Double(negatives + 2)
    let targets = labels.map { $0 ? high : low }
    self.init(slope: 0, intercept: Elementary.log(Double(positives + 1) / Double(negatives + 1)))
    var loss = loss(logits, targets)
    for _ in 0..<100 {
      // The gradient (g) and Hessian (h) by slope and intercept.
      var (g1, g0, h11, h10, h00) = (0.0, 0.0, 1e-12, 0.0, 1e-12)
      for (z, target) in zip(logits, targets) {
        let p = probability(z)
        let (residual, weight) = (p - target, p * (1 - p))
        g1 += residual * z
        g0 += residual
        h11 += weight * z * z
        h10 += weight * z
        h00 += weight
      }
      guard max(abs(g1), abs(g0)) > 1e-9 * Double(labels.count) else { break }
      let determinant = h11 * h00 - h10 * h10
      let step1 = (h00 * g1 - h10 * g0) / determinant
      let step0 = (h11 * g0 - h10 * g1) / determinant
      var size = 1.0
      while size > 1e-10 {
        let candidate = PlattScaling(slope: slope - size * step1, intercept: intercept - size * step0)
        let candidateLoss = candidate.loss(logits, targets)
        if candidateLoss < loss {
          (self, loss) = (candidate, candidateLoss)
          break
        }
        size /= 2
      }
      if size <= 1e-10 { break }
    }
  }

  private func loss(_ logits: [Double], _ targets: [Double]) -> Double {
    var sum = 0.0
    for (z, target) in zip(logits, targets) {
      let scaled = slope * z + intercept
      sum += Elementary.softplus(scaled) - target * scaled
    }
    return sum
  }
}
