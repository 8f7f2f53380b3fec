// SPDX-License-Identifier: Apache-2.0

/// A gated recurrent unit over the steps of each row (Cho et al. 2014, in the form of PyTorch and cuDNN):
///
///     r = sigmoid(x·Wr + br + h·Ur + cr)      z = sigmoid(x·Wz + bz + h·Uz + cz)
///     n = tanh(x·Wn + bn + r·(h·Un + cn))     h′ = (1 − z)·n + z·h
///
/// The three matrices stand side by side: W is channels × 3·hidden, U hidden × 3·hidden, in the order r, z, n. The first
/// state is 0; the output is the state after every step.
struct GRU: Operation {
  let input: Int
  let output: Int
  let channels: Int
  let hidden: Int
  let inputWeight: Int
  let stateWeight: Int
  let inputBias: Int
  let stateBias: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [inputWeight, stateWeight, inputBias, stateBias] }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    let (rows, steps, kernels) = (x.rows, x.columns / channels, pass.kernels)
    pass.values[output].setRows(rows)
    if pass.needsGradient[output], pass.saved[output].values.count != rows * steps * 4 * hidden {
      pass.saved[output] = .uninitialized(rows: rows * steps, columns: 4 * hidden)
    }
    // A few rows go through W with all their steps in one product; many fill the kernels step by step, and then the sums of
    // one step stay in the cache.
    let together = rows < 6
    var fromInput = Matrix.uninitialized(rows: together ? rows * steps : rows, columns: 3 * hidden)
    if together {
      kernels.multiply(
        Factor(x.values, columns: channels), Factor(parameters[inputWeight]), plus: parameters[inputBias].values,
        into: &fromInput)
    }
    var state = Matrix(rows: rows, columns: hidden)
    var fromState = Matrix.uninitialized(rows: rows, columns: 3 * hidden)
    for step in 0..<steps {
      if !together {
        kernels.multiply(
          Factor(x, first: step * channels, columns: channels), Factor(parameters[inputWeight]),
          plus: parameters[inputBias].values, into: &fromInput)
      }
      kernels.multiply(
        Factor(state), Factor(parameters[stateWeight]), plus: parameters[stateBias].values, into: &fromState)
      kernels.gruStep(
        step, of: steps, hidden: hidden, fromInput: fromInput.values, fromState: fromState.values,
        gates: &pass.saved[output].values, state: &state.values, states: &pass.values[output].values)
    }
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    let (rows, steps, kernels) = (x.rows, x.columns / channels, pass.kernels)
    let states = pass.values[output]
    var toInput = Matrix.uninitialized(rows: rows * steps, columns: 3 * hidden)
    var toState = Matrix.uninitialized(rows: rows, columns: 3 * hidden)
    var carried = Matrix(rows: rows, columns: hidden)
    var before = Matrix(rows: rows, columns: hidden)
    let transposedWeight = parameters[stateWeight].transposed()
    for step in (0..<steps).reversed() {
      if step > 0 {
        before.setColumns(0, to: states, from: (step - 1) * hidden, count: hidden)
      } else {
        before.fill(0)
      }
      kernels.gruSlopes(
        step, of: steps, hidden: hidden, gates: pass.saved[output].values, before: before.values,
        slopes: pass.gradients[output].values, toInput: &toInput.values, toState: &toState.values,
        carried: &carried.values)
      if pass.needsParameterGradients {
        kernels.multiplyAdd(
          Factor(before, transposed: true), Factor(toState), to: &pass.parameterGradients[stateWeight])
        Elementwise.addRows(of: toState, to: &pass.parameterGradients[stateBias].values)
      }
      kernels.multiplyAdd(Factor(toState), Factor(transposedWeight), to: &carried)
    }
    if pass.needsParameterGradients {
      kernels.multiplyAdd(
        Factor(x.values, columns: channels).transposed, Factor(toInput), to: &pass.parameterGradients[inputWeight])
      Elementwise.addRows(of: toInput, to: &pass.parameterGradients[inputBias].values)
    }
    if pass.needsGradient[input] {
      var gradient = Matrix(rows: rows * steps, columns: channels)
      kernels.multiplyAdd(Factor(toInput), Factor(parameters[inputWeight], transposed: true), to: &gradient)
      Elementwise.add(gradient.values, to: &pass.gradients[input].values)
    }
  }
}
