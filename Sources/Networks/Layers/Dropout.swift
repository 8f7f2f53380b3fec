// SPDX-License-Identifier: Apache-2.0

/// Unit dropout (Srivastava et al. 2014), inverted: while training each element is zero with probability `rate` and
/// multiplied by 1/(1 − rate) otherwise; when predicting it passes unchanged.
struct Dropout: Operation {
  let input: Int
  let output: Int
  let rate: Float

  var inputs: [Int] { [input] }
  var parameters: [Int] { [] }

  func isAffine(between ends: Matrix) -> Bool { true }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    guard var random = pass.random, rate > 0 else {
      pass.values[output] = pass.values[input]
      return
    }
    let x = pass.values[input]
    pass.values[output].setRows(x.rows)
    pass.saved[output].setRows(x.rows)
    pass.kernels.dropoutMask(&pass.saved[output].values, rate: rate, from: &random)
    Elementwise.multiply(x.values, pass.saved[output].values, into: &pass.values[output].values)
    pass.random = random
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    guard pass.needsGradient[input] else { return }
    let dy = pass.gradients[output].values
    if pass.random == nil || rate == 0 {
      Elementwise.add(dy, to: &pass.gradients[input].values)
    } else {
      Elementwise.addProduct(dy, pass.saved[output].values, to: &pass.gradients[input].values)
    }
  }
}
