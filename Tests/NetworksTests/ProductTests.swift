// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

@Suite struct ProductTests {
  static let shapes = [
    (1, 1, 1), (1, 7, 3), (1, 8, 8), (1, 33, 40), (2, 5, 9), (3, 16, 17), (4, 8, 8), (5, 1, 1), (5, 9, 23), (8, 3, 64),
    (13, 31, 7), (17, 64, 13), (64, 20, 5),
  ]

  /// Every path, for every combination of transposed factors, against the plain loops, bit for bit.
  @Test(arguments: shapes, [UInt64(1), 2, 3])
  func everyPathGivesTheReferencesBits(_ shape: (Int, Int, Int), seed: UInt64) {
    let (n, k, m) = shape
    let start = Matrix.normal(n, m, seed: seed + 100)
    for (aTransposed, bTransposed) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = Matrix.normal(aTransposed ? k : n, aTransposed ? n : k, seed: seed)
      let b = Matrix.normal(bTransposed ? m : k, bTransposed ? k : m, seed: seed + 50)
      var results: [[UInt32]] = []
      for path in Product.Path.allCases {
        var c = start
        Product.add(
          Factor(a, transposed: aTransposed), Factor(b, transposed: bTransposed), to: &c, by: path)
        results.append(c.bits)
      }
      #expect(Set(results).count == 1)
      // And the reference is the product: against double precision.
      let (wholeA, wholeB) = (aTransposed ? a.transposed() : a, bTransposed ? b.transposed() : b)
      var sum = Double(start[n - 1, m - 1])
      for index in 0..<k { sum += Double(wholeA[n - 1, index]) * Double(wholeB[index, m - 1]) }
      #expect(abs(Double(Float(bitPattern: results[0][n * m - 1])) - sum) < 1e-4)
    }
  }

  @Test func infinitiesAndNaNsPropagateAlike() {
    var a = Matrix.normal(6, 10, seed: 1)
    a.values[3] = .infinity
    a.values[14] = .nan
    a.values[25] = -0.0
    let b = Matrix.normal(10, 11, seed: 2)
    let results = Product.Path.allCases.map { path in
      var c = Matrix(rows: 6, columns: 11)
      Product.add(Factor(a), Factor(b), to: &c, by: path)
      return c.values.map { $0.isNaN ? .nan : $0.bitPattern == 0 ? 0 : $0 }.map { $0.isNaN ? "nan" : "\($0)" }
    }
    #expect(Set(results).count == 1)
  }

  @Test(arguments: [0, 1, 7, 8, 9, 64, 1001])
  func siluIsTheScalarFunctionInEveryElement(_ count: Int) {
    let x = Matrix.normal(1, max(count, 1), seed: 9).values.prefix(count).map { $0 * 10 }
    var (gate, y) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    Elementwise.silu(x, gate: &gate, &y)
    #expect(zip(x, gate).allSatisfy { Elementary.sigmoid($0).bitPattern == $1.bitPattern })
    #expect(zip(x, y).allSatisfy { Elementary.silu($0).bitPattern == $1.bitPattern })
  }

  /// The vectors of a GRU's step against its formulas in scalars, bit for bit.
  @Test(arguments: [1, 7, 8, 9, 16, 21])
  func gruStepIsItsFormula(_ hidden: Int) {
    let (rows, steps, step) = (3, 4, 2)
    let fromInput = Matrix.normal(rows * steps, 3 * hidden, seed: 1)
    let fromState = Matrix.normal(rows, 3 * hidden, seed: 2)
    let before = Matrix.normal(rows, hidden, seed: 3)
    var gates = [Float](repeating: 0, count: rows * steps * 4 * hidden)
    var states = [Float](repeating: 0, count: rows * steps * hidden)
    var state = before.values
    GRUCell.forward(
      step: step, steps: steps, hidden: hidden, fromInput: fromInput.values, fromState: fromState.values,
      gates: &gates, state: &state, states: &states)
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
  }

  @Test func sumOfSquaresIsEightInterleavedSums() {
    let x = Matrix.normal(1, 1003, seed: 5).values
    var partial = [Double](repeating: 0, count: 8)
    for (index, value) in x.enumerated() { partial[index % 8] += Double(value) * Double(value) }
    #expect(Elementwise.sumOfSquares(x) == partial.reduce(0, +))
  }
}
