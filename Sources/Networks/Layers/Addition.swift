// SPDX-License-Identifier: Apache-2.0

/// y = a + b, element by element: where a residual branch joins its trunk.
struct Addition: Operation {
  let inputs: [Int]
  let output: Int

  var parameters: [Int] { [] }

  func isAffine(between ends: Matrix) -> Bool { true }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    pass.values[output] = pass.values[inputs[0]]
    Elementwise.add(pass.values[inputs[1]].values, to: &pass.values[output].values)
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let dy = pass.gradients[output].values
    for input in inputs where pass.needsGradient[input] {
      Elementwise.add(dy, to: &pass.gradients[input].values)
    }
  }
}
