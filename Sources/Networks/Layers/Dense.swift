// SPDX-License-Identifier: Apache-2.0

/// A fully connected layer: y = x·W + b, for x of n × inputs, W of inputs × outputs and b of 1 × outputs elements.
struct Dense: Operation {
  let input: Int
  let output: Int
  let weight: Int
  let bias: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [weight, bias] }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    pass.values[output].setRows(x.rows)
    pass.kernels.multiply(
      Factor(x), Factor(parameters[weight]), plus: parameters[bias].values, into: &pass.values[output])
  }

  /// dW += xᵀ·dy, db += Σ dy over the rows, dx += dy·Wᵀ.
  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let dy = pass.gradients[output]
    if pass.needsParameterGradients {
      let x = pass.values[input]
      pass.kernels.multiplyAdd(Factor(x, transposed: true), Factor(dy), to: &pass.parameterGradients[weight])
      Elementwise.addRows(of: dy, to: &pass.parameterGradients[bias].values)
    }
    if pass.needsGradient[input] {
      pass.kernels.multiplyAdd(Factor(dy), Factor(parameters[weight], transposed: true), to: &pass.gradients[input])
    }
  }
}
