// SPDX-License-Identifier: Apache-2.0

/// How much each input moved a logit away from its value at a baseline.
package struct Attribution: Sendable, Equatable {
  /// Per input its share of `logit − baselineLogit`.
  package let contributions: [Double]
  /// The ensemble's mean logit at the input.
  package let logit: Double
  /// The ensemble's mean logit at the baseline.
  package let baselineLogit: Double

  /// |Σ contributions − (logit − baselineLogit)|: how far the numerical integral is from completeness.
  package var completenessGap: Double {
    abs(contributions.reduce(0, +) - (logit - baselineLogit))
  }
}

extension Ensemble {
  /// Integrated gradients (Sundararajan et al. 2017) of one logit of the ensemble's mean:
  ///
  ///     contribution i = (x i − x′ i) · ∫₀¹ ∂f/∂x i (x′ + t·(x − x′)) dt
  ///
  /// The integral is Gauss and Legendre's quadrature with `points` points, all of them in one batch per member.
  package func integratedGradients(
    _ input: [Float], baseline: [Float], head: Int, output: Int = 0, points: Int = 32
  ) -> Attribution {
    precondition(input.count == architecture.inputs && baseline.count == input.count && points > 0)
    let quadrature = GaussLegendre(points: points)
    // The path's points, then the two ends, whose logits prove completeness.
    var path: [Float] = []
    path.reserveCapacity((points + 2) * input.count)
    for t in quadrature.nodes {
      for (x, origin) in zip(input, baseline) { path.append(Float(Double(origin) + t * (Double(x) - Double(origin)))) }
    }
    path += input + baseline
    let batch = Matrix(rows: points + 2, columns: input.count, values: path)

    var sums = [Double](repeating: 0, count: input.count)
    var ends = (input: 0.0, baseline: 0.0)
    for member in members {
      let (logits, gradient) = member.inputGradient(batch, head: head, output: output)
      ends.input += Double(logits[points])
      ends.baseline += Double(logits[points + 1])
      for (row, weight) in quadrature.weights.enumerated() {
        for (column, slope) in gradient.row(row).enumerated() { sums[column] += weight * Double(slope) }
      }
    }
    let count = Double(members.count)
    let contributions = sums.enumerated().map { (Double(input[$0]) - Double(baseline[$0])) * $1 / count }
    return Attribution(contributions: contributions, logit: ends.input / count, baselineLogit: ends.baseline / count)
  }
}

/// The nodes and weights of Gauss and Legendre's quadrature on [0, 1].
struct GaussLegendre {
  private(set) var nodes: [Double] = []
  private(set) var weights: [Double] = []

  /// Newton's method on the Legendre polynomial from Tricomi's first guess cos(π(i − ¼)/(n + ½)).
  init(points n: Int) {
    for i in stride(from: n, through: 1, by: -1) {
      var x = Elementary.cosinePi((Double(i) - 0.25) / (Double(n) + 0.5))
      var slope = 0.0
      for _ in 0..<8 {
        var (p, previous) = (1.0, 0.0)
        for k in 1...n {
          (p, previous) = ((Double(2 * k - 1) * x * p - Double(k - 1) * previous) / Double(k), p)
        }
        slope = Double(n) * (x * p - previous) / (x * x - 1)
        x -= p / slope
      }
      nodes.append((1 + x) / 2)
      weights.append(1 / ((1 - x * x) * slope * slope))
    }
  }
}
