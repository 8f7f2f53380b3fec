// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

/// A GRU's step forward and backward in every form of the kernels against its formulas in scalars, bit for bit.
@Suite struct GRUKernelTests {
  private let steps = 4
  private let step = 2

  @Test(arguments: [1, 3, 4, 7, 8, 9, 16, 21, 40], [1, 3])
  func stepIsItsFormula(_ hidden: Int, _ rows: Int) {
    let fromInput = Matrix.normal(rows * steps, 3 * hidden, seed: 1)
    let fromState = Matrix.normal(rows, 3 * hidden, seed: 2)
    let before = Matrix.normal(rows, hidden, seed: 3)
    for kernels in Kernels.all {
      var gates = [Float](repeating: 0, count: rows * steps * 4 * hidden)
      var states = [Float](repeating: 0, count: rows * steps * hidden)
      var state = before.values
      kernels.gruStep(
        step, of: steps, hidden: hidden, fromInput: fromInput.values, fromState: fromState.values, gates: &gates,
        state: &state, states: &states)
      for row in 0..<rows {
        let at = row * steps + step
        for unit in 0..<hidden {
          let r = Elementary.sigmoid(fromInput[at, unit] + fromState[row, unit])
          let z = Elementary.sigmoid(fromInput[at, hidden + unit] + fromState[row, hidden + unit])
          let part = fromState[row, 2 * hidden + unit]
          let n = Elementary.tanh(fromInput[at, 2 * hidden + unit] + r * part)
          let h = (1 - z) * n + z * before[row, unit]
          #expect(state[row * hidden + unit].bitPattern == h.bitPattern)
          #expect(states[at * hidden + unit].bitPattern == h.bitPattern)
          let saved = (0..<4).map { gates[(at * 4 + $0) * hidden + unit].bitPattern }
          #expect(saved == [r, z, n, part].map(\.bitPattern))
        }
      }
      #expect(states.count { $0 != 0 } == rows * hidden)
      // Without keeping the gates: the same state.
      var (none, again, alone) = ([Float](), before.values, [Float](repeating: 0, count: rows * steps * hidden))
      kernels.gruStep(
        step, of: steps, hidden: hidden, fromInput: fromInput.values, fromState: fromState.values, gates: &none,
        state: &again, states: &alone)
      #expect(again.map(\.bitPattern) == state.map(\.bitPattern) && alone == states)
    }
  }

  @Test(arguments: [1, 5, 16, 21, 40])
  func slopesAreTheirFormulas(_ hidden: Int) {
    let rows = 3
    let gates = Matrix.normal(rows * steps * 4, hidden, seed: 1).values.map { Elementary.sigmoid($0) }
    let before = Matrix.normal(rows, hidden, seed: 2)
    let slopes = Matrix.normal(rows, steps * hidden, seed: 3)
    let asked = Matrix.normal(rows, hidden, seed: 4)
    for kernels in Kernels.all {
      var toInput = [Float](repeating: 0, count: rows * steps * 3 * hidden)
      var toState = [Float](repeating: 0, count: rows * 3 * hidden)
      var carried = asked.values
      kernels.gruSlopes(
        step, of: steps, hidden: hidden, gates: gates, before: before.values, slopes: slopes.values,
        toInput: &toInput, toState: &toState, carried: &carried)
      for row in 0..<rows {
        let at = row * steps + step
        for unit in 0..<hidden {
          let (r, z) = (gates[at * 4 * hidden + unit], gates[(at * 4 + 1) * hidden + unit])
          let (n, part) = (gates[(at * 4 + 2) * hidden + unit], gates[(at * 4 + 3) * hidden + unit])
          let slope = slopes[row, step * hidden + unit] + asked[row, unit]
          let dn = slope * (1 - z) * (1 - n * n)
          let dz = slope * (before[row, unit] - n) * z * (1 - z)
          let dr = dn * part * r * (1 - r)
          let input = (0..<3).map { toInput[(at * 3 + $0) * hidden + unit].bitPattern }
          let state = (0..<3).map { toState[(row * 3 + $0) * hidden + unit].bitPattern }
          #expect(input == [dr, dz, dn].map(\.bitPattern) && state == [dr, dz, dn * r].map(\.bitPattern))
          #expect(carried[row * hidden + unit].bitPattern == (slope * z).bitPattern)
        }
      }
      #expect(toInput.count { $0 != 0 } == rows * 3 * hidden)
    }
  }
}
