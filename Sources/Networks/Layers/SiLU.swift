// SPDX-License-Identifier: Apache-2.0

/// The sigmoid-weighted linear unit y = x·sigmoid(x), element by element (Elfwing et al. 2018; also called Swish).
struct SiLU: Operation {
  let input: Int
  let output: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [] }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    pass.values[output].setRows(x.rows)
    if pass.needsGradient[output] { pass.saved[output].setRows(x.rows) }
    pass.kernels.silu(x.values, gate: &pass.saved[output].values, &pass.values[output].values)
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    guard pass.needsGradient[input] else { return }
    let (x, dy) = (pass.values[input].values, pass.gradients[output].values)
    pass.kernels.siluGradient(x, gate: pass.saved[output].values, dy, into: &pass.gradients[input].values)
  }
}
