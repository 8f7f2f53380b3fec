// SPDX-License-Identifier: Apache-2.0

/// A gated recurrent unit over the steps of each row (Cho et al. 2014, in the form of PyTorch and cuDNN):
///
///     r = sigmoid(a_r + h·Ur + cr)      z = sigmoid(a_z + h·Uz + cz)
///     n = tanh(a_n + r·(h·Un + cn))     h′ = (1 − z)·n + z·h
///
/// Its input are the sums a = x·W + b of each step, in the order r, z, n, which a `Dense` gives for all steps at once.
/// U is hidden × 3·hidden, in the same order. The first state is 0; the output is the state after every step.
struct GRU: Operation {
  let input: Int
  let output: Int
  let hidden: Int
  let weight: Int
  let bias: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [weight, bias] }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let sums = pass.values[input]
    pass.values[output].setRows(sums.rows)
    guard let shared = SharedSteps(sums, channels: 3 * hidden, pass) else {
      if pass.needsGradient[output], pass.saved[output].values.count != sums.values.count / 3 * 4 {
        pass.saved[output] = .uninitialized(rows: sums.values.count / (3 * hidden), columns: 4 * hidden)
      }
      run(
        sums, from: 0, Matrix(rows: sums.rows, columns: hidden), gates: &pass.saved[output].values,
        &pass.values[output].values, pass.kernels, parameters)
      return
    }
    // Rows that part from the first row at the same step go on together from its state.
    for (step, rows) in Dictionary(grouping: 0..<sums.rows, by: { shared.firstOwn[$0] }).sorted(by: { $0.key < $1.key })
    {
      if step > 0 {
        // A copy: a slice would hold the states, and each row that is set would copy them all.
        let first = Array(pass.values[output].row(0))
        for row in rows { pass.values[output].setRow(row, to: first[...]) }
      }
      guard step < sums.columns / (3 * hidden) else { continue }
      let before = step == 0 ? Matrix(rows: 1, columns: hidden) : Matrix(row: Array(state(after: step - 1, pass)))
      var (states, none) = (pass.values[output].gathering(rows), [Float]())
      run(
        sums.gathering(rows), from: step, before.gathering(rows.map { _ in 0 }), gates: &none, &states.values,
        pass.kernels, parameters)
      for (index, row) in rows.enumerated() { pass.values[output].setRow(row, to: states.row(index)) }
    }
  }

  /// The first row's state after a step.
  private func state(after step: Int, _ pass: Pass) -> ArraySlice<Float> {
    pass.values[output].row(0).dropFirst(step * hidden).prefix(hidden)
  }

  /// Runs rows from step `first` on, before which their states are `state`.
  private func run(
    _ sums: Matrix, from first: Int, _ state: Matrix, gates: inout [Float], _ states: inout [Float], _ kernels: Kernels,
    _ parameters: [Matrix]
  ) {
    let steps = sums.columns / (3 * hidden)
    var state = state
    var fromState = Matrix.uninitialized(rows: sums.rows, columns: 3 * hidden)
    for step in first..<steps {
      kernels.multiply(Factor(state), Factor(parameters[weight]), plus: parameters[bias].values, into: &fromState)
      kernels.gruStep(
        step, of: steps, hidden: hidden, fromInput: sums.values, fromState: fromState.values, gates: &gates,
        state: &state.values, states: &states)
    }
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let sums = pass.values[input]
    let (rows, steps, kernels) = (sums.rows, sums.columns / (3 * hidden), pass.kernels)
    let states = pass.values[output]
    var toInput = [Float](uninitializedCount: rows * steps * 3 * hidden)
    var toState = Matrix.uninitialized(rows: rows, columns: 3 * hidden)
    var carried = Matrix(rows: rows, columns: hidden)
    var before = Matrix(rows: rows, columns: hidden)
    let transposedWeight = pass.transposed[weight] ?? parameters[weight].transposed()
    for step in (0..<steps).reversed() {
      if step > 0 {
        before.setColumns(0, to: states, from: (step - 1) * hidden, count: hidden)
      } else {
        before.fill(0)
      }
      kernels.gruSlopes(
        step, of: steps, hidden: hidden, gates: pass.saved[output].values, before: before.values,
        slopes: pass.gradients[output].values, toInput: &toInput, toState: &toState.values, carried: &carried.values)
      if pass.needsParameterGradients {
        kernels.multiplyAdd(Factor(before, transposed: true), Factor(toState), to: &pass.parameterGradients[weight])
        Elementwise.addRows(of: toState.values, to: &pass.parameterGradients[bias].values)
      }
      kernels.multiplyAdd(Factor(toState), Factor(transposedWeight), to: &carried)
    }
    if pass.needsGradient[input] { Elementwise.add(toInput, to: &pass.gradients[input].values) }
  }
}
