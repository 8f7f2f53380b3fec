// SPDX-License-Identifier: Apache-2.0

/// A logistic curve from a network's logit to a calibrated probability (Platt 1999), above a floor:
///
///     p = floor + (1 − floor)·sigmoid(slope·z + intercept)
///
/// The floor is the risk that no chart rules out. A network's logits fall without end, so that Platt's two numbers make
/// the safest tenth of patients safer than they are; with the floor the curve is the three-parameter logistic of
/// Birnbaum (1968).
package struct PlattScaling: Codable, Sendable, Equatable {
  package var slope: Double
  package var intercept: Double
  /// The least probability; 0 where the data show none.
  package var floor: Double

  package init(slope: Double, intercept: Double, floor: Double = 0) {
    self.slope = slope
    self.intercept = intercept
    self.floor = floor
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    slope = try container.decode(Double.self, forKey: .slope)
    intercept = try container.decode(Double.self, forKey: .intercept)
    floor = try container.decodeIfPresent(Double.self, forKey: .floor) ?? 0
  }

  /// The calibrated probability of a logit.
  package func probability(_ logit: Double) -> Double {
    floor + (1 - floor) * Elementary.sigmoid(slope * logit + intercept)
  }
}

extension PlattScaling {
  /// The curve of greatest likelihood over out-of-fold logits and their labels. The labels are drawn in as Platt advises,
  /// to (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2), so that the curve is finite even if the classes are separated. The floor is that
  /// of the greatest likelihood as well, however little it gains: a test of whether it is beyond chance would give one fold
  /// a floor and the next none, and with it the safest patients risks that differ tenfold.
  package init(fitting logits: [Double], labels: [Bool]) throws(NetworkError) {
    let positives = labels.count { $0 }
    let negatives = labels.count - positives
    guard logits.count == labels.count, positives > 0, negatives > 0 else { throw .insufficientData }
    let high = Double(positives + 1) / Double(positives + 2)
    let low = 1 / Double(negatives + 2)
    let targets = labels.map { $0 ? high : low }
    self.init(slope: 0, intercept: Elementary.log(Double(positives + 1) / Double(negatives + 1)))
    let loss = maximiseLikelihood(logits, targets, greatestFloor: 0)
    let prevalence = Double(positives) / Double(labels.count)
    var raised = PlattScaling(slope: slope, intercept: intercept, floor: prevalence / 20)
    let raisedLoss = raised.maximiseLikelihood(logits, targets, greatestFloor: prevalence)
    if raisedLoss < loss { self = raised }
  }

  /// Fisher scoring from the present numbers, with step halving; a floor over 0 moves too, up to `greatestFloor`. Returns
  /// the loss: the negative logarithm of the likelihood.
  ///
  /// It ends where half of the step's slope, which is what a full step can gain, is beyond the digits of the loss: to
  /// halve such a step again and again would each time look at all rows.
  private mutating func maximiseLikelihood(
    _ logits: [Double], _ targets: [Double], greatestFloor: Double
  ) -> Double {
    var loss = loss(logits, targets)
    for _ in 0..<100 {
      let (gradient, information) = derivatives(logits, targets, movesFloor: floor > 0)
      guard gradient.map(abs).max() ?? 0 > 1e-9 * Double(logits.count) else { break }
      let step = information.solved(for: gradient)
      let gain = zip(gradient, step).map(*).reduce(0, +) / 2
      guard gain > 1e-12 * loss else { break }
      var size = 1.0
      while size > 1e-6 {
        let candidate = PlattScaling(
          slope: slope - size * step[0], intercept: intercept - size * step[1],
          floor: min(max(floor - size * step[2], 0), greatestFloor))
        let candidateLoss = candidate.loss(logits, targets)
        if candidateLoss < loss {
          (self, loss) = (candidate, candidateLoss)
          break
        }
        size /= 2
      }
      if size <= 1e-6 { break }
    }
    return loss
  }

  /// The loss's gradient by slope, intercept and floor, and Fisher's information. With s = sigmoid(slope·z + intercept):
  /// ∂p/∂intercept = (1 − floor)·s·(1 − s), ∂p/∂floor = 1 − s, and a row adds (p − t)/(p·(1 − p))·∂p to the gradient.
  private func derivatives(
    _ logits: [Double], _ targets: [Double], movesFloor: Bool
  ) -> (gradient: [Double], information: SymmetricMatrix) {
    var (g0, g1, g2) = (0.0, 0.0, 0.0)
    // What is added to the diagonal keeps the equations solvable when the logits are equal, and holds a fixed floor.
    var (h00, h10, h11, h20, h21, h22) = (1e-12, 0.0, 1e-12, 0.0, 0.0, movesFloor ? 1e-12 : 1)
    for (z, target) in zip(logits, targets) {
      let s = Elementary.sigmoid(slope * z + intercept)
      let p = floor + (1 - floor) * s
      let weight = 1 / max(p * (1 - p), 1e-300)
      let byIntercept = (1 - floor) * s * (1 - s)
      let bySlope = byIntercept * z
      let byFloor = movesFloor ? 1 - s : 0
      let residual = (p - target) * weight
      g0 += residual * bySlope
      g1 += residual * byIntercept
      g2 += residual * byFloor
      h00 += weight * bySlope * bySlope
      h10 += weight * byIntercept * bySlope
      h11 += weight * byIntercept * byIntercept
      h20 += weight * byFloor * bySlope
      h21 += weight * byFloor * byIntercept
      h22 += weight * byFloor * byFloor
    }
    return ([g0, g1, g2], SymmetricMatrix([h00, h10, h11, h20, h21, h22]))
  }

  private func loss(_ logits: [Double], _ targets: [Double]) -> Double {
    var sum = 0.0
    let lift = floor > 0 ? Elementary.log(1 - floor) : 0
    for (z, target) in zip(logits, targets) {
      let scaled = slope * z + intercept
      // −ln(1 − p) = softplus(scaled) − ln(1 − floor), and without a floor −ln p = softplus(−scaled).
      let negative = Elementary.softplus(scaled) - lift
      let positive = floor > 0 ? -Elementary.log(probability(z)) : Elementary.softplus(scaled) - scaled
      sum += target * positive + (1 - target) * negative
    }
    return sum
  }
}

/// A positive definite 3 × 3 matrix by its lower triangle, row after row.
private struct SymmetricMatrix {
  private var values: [Double]

  init(_ lowerTriangle: [Double]) {
    values = lowerTriangle
  }

  private subscript(row: Int, column: Int) -> Double {
    get { values[row * (row + 1) / 2 + column] }
    set { values[row * (row + 1) / 2 + column] = newValue }
  }

  /// x with A·x = b, by Cholesky's A = L·Lᵀ.
  func solved(for b: [Double]) -> [Double] {
    var lower = self
    for row in 0..<3 {
      for column in 0...row {
        var sum = self[row, column]
        for k in 0..<column { sum -= lower[row, k] * lower[column, k] }
        // Rounding may leave nothing, or less, of what the earlier columns explain.
        lower[row, column] = row == column ? max(sum, 1e-12).squareRoot() : sum / lower[column, column]
      }
    }
    var x = b
    for row in 0..<3 {
      for k in 0..<row { x[row] -= lower[row, k] * x[k] }
      x[row] /= lower[row, row]
    }
    for row in (0..<3).reversed() {
      for k in row + 1..<3 { x[row] -= lower[k, row] * x[k] }
      x[row] /= lower[row, row]
    }
    return x
  }
}
