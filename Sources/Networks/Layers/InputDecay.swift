// SPDX-License-Identifier: Apache-2.0

/// GRU-D's decay of the inputs (Che et al. 2018, its input part): what was measured long ago says less.
///
/// Each step holds [x̂ | mask | δ] for the variables: the last value carried forward, whether it was measured in this
/// step, and the time since it was. y = [x̂·exp(−3·softplus(g)·δ) | mask | δ] with a learned g per variable. Inputs are
/// z-scores, so the decay leads to 0, the mean.
struct InputDecay: Operation {
  let input: Int
  let output: Int
  let variables: Int
  /// The parameter g, 1 × variables.
  let rate: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [rate] }

  /// For a fixed time since each measurement the values are only scaled.
  func isAffine(between ends: Matrix) -> Bool {
    let (first, last) = (ends.row(0), ends.row(1))
    return stride(from: 2 * variables, to: ends.columns, by: 3 * variables).allSatisfy { start in
      first.dropFirst(start).prefix(variables).elementsEqual(last.dropFirst(start).prefix(variables))
    }
  }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    let speeds = parameters[rate].values.map { -3 * Elementary.softplus($0) }
    pass.values[output] = x
    pass.saved[output].setRows(x.rows)
    pass.kernels.decay(
      x.values, speeds: speeds, factors: &pass.saved[output].values, &pass.values[output].values)
  }

  /// With f = exp(−3·softplus(g)·δ): dx̂ = dy·f, dδ = dy·x̂·f·(−3·softplus(g)), dg = Σ dy·x̂·f·(−3·δ)·sigmoid(g).
  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let (x, dy, factors) = (pass.values[input].values, pass.gradients[output].values, pass.saved[output].values)
    let g = parameters[rate].values
    let speeds = g.map { -3 * Elementary.softplus($0) }
    let slopes = g.map { -3 * Elementary.sigmoid($0) }
    if pass.needsParameterGradients {
      for start in stride(from: 0, to: x.count, by: 3 * variables) {
        for variable in 0..<variables {
          let (value, delta) = (start + variable, start + 2 * variables + variable)
          let decayed = dy[value] * x[value] * factors[value]
          pass.parameterGradients[rate].values[variable] += decayed * x[delta] * slopes[variable]
        }
      }
    }
    guard pass.needsGradient[input] else { return }
    for start in stride(from: 0, to: x.count, by: 3 * variables) {
      for variable in 0..<variables {
        let (value, delta) = (start + variable, start + 2 * variables + variable)
        let decayed = dy[value] * x[value] * factors[value]
        pass.gradients[input].values[value] += dy[value] * factors[value]
        pass.gradients[input].values[start + variables + variable] += dy[start + variables + variable]
        pass.gradients[input].values[delta] += dy[delta] + decayed * speeds[variable]
      }
    }
  }
}
