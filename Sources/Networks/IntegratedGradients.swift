// SPDX-License-Identifier: Apache-2.0

/// One output of one head.
package struct LogitIndex: Sendable, Hashable {
  package let head: Int
  package let output: Int

  package init(head: Int, output: Int = 0) {
    self.head = head
    self.output = output
  }
}

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
  /// Integrated gradients (Sundararajan et al. 2017) of logits of the ensemble's mean, in the order asked:
  ///
  ///     contribution i = (x i − x′ i) · ∫₀¹ ∂f/∂x i (x′ + t·(x − x′)) dt
  ///
  /// All logits share the path and the runs forward. The integral is taken member by member with as many points as the
  /// member needs: see `StraightPath`.
  package func integratedGradients(
    _ input: [Float], baseline: [Float], of logits: [LogitIndex], tolerance: Double = 5e-5
  ) -> [Attribution] {
    precondition(input.count == inputs && baseline.count == inputs)
    let all = zip(members, transposed).map { member, transposed in
      var path = StraightPath(of: member, transposed, from: baseline, to: input, logits: logits)
      return path.attributions(tolerance: tolerance)
    }
    let count = Double(members.count)
    return logits.indices.map { index in
      var sums = [Double](repeating: 0, count: input.count)
      for member in all {
        for (column, contribution) in member[index].contributions.enumerated() { sums[column] += contribution }
      }
      return Attribution(
        contributions: sums.map { $0 / count }, logit: all.reduce(0) { $0 + $1[index].logit } / count,
        baselineLogit: all.reduce(0) { $0 + $1[index].baselineLogit } / count)
    }
  }
}
