// SPDX-License-Identifier: Apache-2.0

/// A fully connected layer: y = x·W + b, for W of channels × outputs and b of 1 × outputs elements. In a row of several
/// steps, each of as many channels, it is one layer for every step.
struct Dense: Operation {
  let input: Int
  let output: Int
  let weight: Int
  let bias: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [weight, bias] }

  func isAffine(between ends: Matrix) -> Bool { true }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let (x, weights) = (pass.values[input], parameters[weight])
    pass.values[output].setRows(x.rows)
    if x.columns == weights.rows, let shared = SharedSums(x, pass) {
      return shared.multiply(x, weights, plus: parameters[bias].values, into: &pass.values[output], pass.kernels)
    }
    guard let shared = SharedSteps(x, channels: weights.rows, pass) else {
      pass.kernels.multiply(
        Factor(x.values, columns: weights.rows), Factor(weights), plus: parameters[bias].values,
        into: &pass.values[output].values)
      return
    }
    let own = Matrix(rows: x.values.count / weights.rows, columns: weights.rows, values: x.values).gathering(shared.own)
    var y = Matrix.uninitialized(rows: own.rows, columns: weights.columns)
    pass.kernels.multiply(Factor(own), Factor(weights), plus: parameters[bias].values, into: &y)
    shared.spread(y, into: &pass.values[output])
  }

  /// dW += xᵀ·dy, db += Σ dy over the rows and steps, dx += dy·Wᵀ.
  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let weights = parameters[weight]
    let dy = Factor(pass.gradients[output].values, columns: weights.columns)
    if pass.needsParameterGradients {
      let x = Factor(pass.values[input].values, columns: weights.rows)
      pass.kernels.multiplyAdd(x.transposed, dy, to: &pass.parameterGradients[weight])
      Elementwise.addRows(of: pass.gradients[output].values, to: &pass.parameterGradients[bias].values)
    }
    if pass.needsGradient[input] {
      let back = pass.transposed[weight].map { Factor($0) } ?? Factor(weights, transposed: true)
      pass.kernels.multiplyAdd(dy, back, to: &pass.gradients[input].values)
    }
  }
}
