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
    let steps = x.columns / channels
    // All steps of all rows go through W in one product.
    var fromInput = Matrix(rows: x.rows * steps, columns: 3 * hidden)
    Elementwise.setRows(of: &fromInput, to: parameters[inputBias].values)
    Product.add(
      Factor(Matrix(rows: x.rows * steps, columns: channels, values: x.values)), Factor(parameters[inputWeight]),
      to: &fromInput)
    var gates = Matrix(rows: x.rows * steps, columns: 4 * hidden)
    var state = Matrix(rows: x.rows, columns: hidden)
    var fromState = Matrix(rows: x.rows, columns: 3 * hidden)
    for step in 0..<steps {
      Elementwise.setRows(of: &fromState, to: parameters[stateBias].values)
      Product.add(Factor(state), Factor(parameters[stateWeight]), to: &fromState)
      GRUCell.forward(
        step: step, steps: steps, hidden: hidden, fromInput: fromInput.values, fromState: fromState.values,
        gates: &gates.values, state: &state.values, states: &pass.values[output].values)
    }
    pass.saved[output] = gates
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    let (rows, steps) = (x.rows, x.columns / channels)
    let (states, gates) = (pass.values[output].values, pass.saved[output].values)
    var toInput = Matrix(rows: rows * steps, columns: 3 * hidden)
    var toState = Matrix(rows: rows, columns: 3 * hidden)
    var carried = Matrix(rows: rows, columns: hidden)
    var before = Matrix(rows: rows, columns: hidden)
    for step in (0..<steps).reversed() {
      for row in 0..<rows {
        for unit in 0..<hidden {
          before[row, unit] = step == 0 ? 0 : states[(row * steps + step - 1) * hidden + unit]
        }
      }
      GRUCell.backward(
        step: step, steps: steps, hidden: hidden, gates: gates, before: before.values,
        slopes: pass.gradients[output].values, toInput: &toInput.values, toState: &toState.values,
        carried: &carried.values)
      if pass.needsParameterGradients {
        Product.add(Factor(before, transposed: true), Factor(toState), to: &pass.parameterGradients[stateWeight])
        Elementwise.addRows(of: toState, to: &pass.parameterGradients[stateBias].values)
      }
      Product.add(Factor(toState), Factor(parameters[stateWeight], transposed: true), to: &carried)
    }
    if pass.needsParameterGradients {
      let flat = Matrix(rows: rows * steps, columns: channels, values: x.values)
      Product.add(Factor(flat, transposed: true), Factor(toInput), to: &pass.parameterGradients[inputWeight])
      Elementwise.addRows(of: toInput, to: &pass.parameterGradients[inputBias].values)
    }
    if pass.needsGradient[input] {
      var gradient = Matrix(rows: rows * steps, columns: channels)
      Product.add(Factor(toInput), Factor(parameters[inputWeight], transposed: true), to: &gradient)
      Elementwise.add(gradient.values, to: &pass.gradients[input].values)
    }
  }
}
