// SPDX-License-Identifier: Apache-2.0

/// A causal dilated convolution over the steps of each row (van den Oord et al. 2016; Bai et al. 2018).
///
///     y[t] = b + Σ_k x[t − (width − 1 − k)·dilation]·W_k, with x = 0 before the first step
///
/// The steps seen by one output are laid side by side (the oldest first), so that the convolution is a matrix product:
/// W is (width·channels) × outputs.
struct Convolution: Operation {
  let input: Int
  let output: Int
  let channels: Int
  let outputs: Int
  let width: Int
  let dilation: Int
  let weight: Int
  let bias: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [weight, bias] }

  func isAffine(between ends: Matrix) -> Bool { true }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    var patches = Matrix(rows: x.values.count / channels, columns: width * channels)
    visit(rows: x.rows, steps: x.columns / channels) { patch, source in
      for channel in 0..<channels { patches.values[patch + channel] = x.values[source + channel] }
    }
    var y = Matrix.uninitialized(rows: patches.rows, columns: outputs)
    pass.kernels.multiply(Factor(patches), Factor(parameters[weight]), plus: parameters[bias].values, into: &y)
    pass.values[output] = Matrix(rows: x.rows, columns: pass.values[output].columns, values: y.values)
    pass.saved[output] = patches
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let patches = pass.saved[output]
    let dy = Matrix(rows: patches.rows, columns: outputs, values: pass.gradients[output].values)
    if pass.needsParameterGradients {
      pass.kernels.multiplyAdd(Factor(patches, transposed: true), Factor(dy), to: &pass.parameterGradients[weight])
      Elementwise.addRows(of: dy.values, to: &pass.parameterGradients[bias].values)
    }
    guard pass.needsGradient[input] else { return }
    var gradient = Matrix(rows: patches.rows, columns: patches.columns)
    pass.kernels.multiplyAdd(Factor(dy), Factor(parameters[weight], transposed: true), to: &gradient)
    let x = pass.values[input]
    visit(rows: x.rows, steps: x.columns / channels) { patch, source in
      for channel in 0..<channels {
        pass.gradients[input].values[source + channel] += gradient.values[patch + channel]
      }
    }
  }

  /// Calls `body` with the first index of each tap in the patches and of the step it holds in the input, in order; taps
  /// before the first step are left out.
  private func visit(rows: Int, steps: Int, _ body: (_ patch: Int, _ source: Int) -> Void) {
    for row in 0..<rows {
      for step in 0..<steps {
        for tap in 0..<width {
          let seen = step - (width - 1 - tap) * dilation
          guard seen >= 0 else { continue }
          body(((row * steps + step) * width + tap) * channels, (row * steps + seen) * channels)
        }
      }
    }
  }
}
