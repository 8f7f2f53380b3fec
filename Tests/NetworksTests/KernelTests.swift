// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

extension Kernels {
  /// Every form that this machine has, on one thread and on several.
  static let all: [Kernels] =
    Path.allCases.compactMap { Kernels($0) } + [.fastest.on(threads: 2), .fastest.on(threads: 3)]
  static let reference = all[0]
}

/// Every kernel in every form against the plain loops, bit for bit, over shapes and seeds.
@Suite struct KernelTests {
  @Test func formsOfThisMachine() {
    let paths = Kernels.all.map(\.path)
    #expect(Kernels.reference.path == .reference)
    #if arch(x86_64)
      #expect(paths.contains(.sse2) && !paths.contains(.neon))
    #elseif arch(arm64)
      #expect(paths.contains(.neon) && !paths.contains(.sse2))
    #endif
    // Wider forms imply the narrower ones, and the widest is taken.
    #expect(!paths.contains(.avx512) || (paths.contains(.avx2) && Kernels.fastest.path == .avx512))
    #expect(Kernels.fastest.path != .reference)
  }

  static let shapes = [
    (1, 1, 1), (1, 7, 3), (1, 8, 8), (1, 33, 40), (1, 5, 10), (1, 300, 13), (1, 19, 272), (2, 5, 9), (3, 16, 17),
    (4, 8, 8), (5, 1, 1), (5, 9, 23), (7, 2, 64), (8, 3, 65), (13, 31, 7), (17, 64, 13), (64, 20, 5), (23, 600, 70),
    (6, 257, 130), (300, 40, 48),
  ]

  @Test(arguments: shapes, [UInt64(1), 2])
  func productsAreTheReferences(_ shape: (Int, Int, Int), seed: UInt64) {
    let (n, k, m) = shape
    let start = Matrix.normal(n, m, seed: seed + 100)
    for (aTransposed, bTransposed) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = Matrix.normal(aTransposed ? k : n, aTransposed ? n : k, seed: seed)
      let b = Matrix.normal(bTransposed ? m : k, bTransposed ? k : m, seed: seed + 50)
      let (left, right) = (Factor(a, transposed: aTransposed), Factor(b, transposed: bTransposed))
      var expected = start
      Kernels.reference.multiplyAdd(left, right, to: &expected)
      var fromFirstRow = start.gathering([Int](repeating: 0, count: n))
      Kernels.reference.multiplyAdd(left, right, to: &fromFirstRow)
      for kernels in Kernels.all {
        var c = start
        kernels.multiplyAdd(left, right, to: &c)
        #expect(c.bits == expected.bits, "\(kernels.path)")
        kernels.multiply(left, right, plus: Array(start.row(0)), into: &c)
        #expect(c.bits == fromFirstRow.bits, "\(kernels.path)")
      }
      // And the reference is the product: against double precision.
      let (wholeA, wholeB) = (aTransposed ? a.transposed() : a, bTransposed ? b.transposed() : b)
      var sum = Double(start[n - 1, m - 1])
      for index in 0..<k { sum += Double(wholeA[n - 1, index]) * Double(wholeB[index, m - 1]) }
      #expect(abs(Double(expected[n - 1, m - 1]) - sum) < 1e-4)
    }
  }

  /// What is zero in all rows, or in some, may be left out: the bits are those of the loops that leave nothing out. Negative zeros
  /// of either sign and of the start among them.
  @Test(arguments: shapes, [2, 3, 10])
  func zerosDoNotChangeTheBits(_ shape: (Int, Int, Int), oneIn: Int) {
    let (n, k, m) = shape
    var a = Matrix.normal(n, k, seed: 3)
    for row in 0..<n {
      for column in 0..<k where (column * 7 + column / 5) % oneIn != 0 || (row + column) % 11 == 0 {
        a[row, column] = (row + column) % 2 == 0 ? 0 : -0.0
      }
    }
    let b = Matrix.normal(k, m, seed: 4)
    var start = Matrix.normal(n, m, seed: 5)
    for index in start.values.indices where index % 3 == 0 { start.values[index] = -0.0 }
    for bTransposed in [false, true] {
      let right = Factor(bTransposed ? b.transposed() : b, transposed: bTransposed)
      var expected = start
      Kernels.reference.multiplyAdd(Factor(a), right, to: &expected)
      for kernels in Kernels.all {
        var c = start
        kernels.multiplyAdd(Factor(a), right, to: &c)
        #expect(c.bits == expected.bits, "\(kernels.path)")
      }
    }
  }

  /// Some columns of a wider matrix as a factor: the neighbours do not count.
  @Test func partsOfMatricesAreFactors() {
    let (wide, b) = (Matrix.normal(9, 50, seed: 1), Matrix.normal(12, 20, seed: 2))
    var part = Matrix(rows: 9, columns: 12)
    for row in 0..<9 {
      for column in 0..<12 { part[row, column] = wide[row, 21 + column] }
    }
    for kernels in Kernels.all {
      var (c, expected) = (Matrix(rows: 9, columns: 20), Matrix(rows: 9, columns: 20))
      kernels.multiplyAdd(Factor(wide, first: 21, columns: 12), Factor(b), to: &c)
      kernels.multiplyAdd(Factor(part), Factor(b), to: &expected)
      #expect(c.bits == expected.bits)
    }
  }

  @Test func infinitiesAndNaNsPropagateAlike() {
    var a = Matrix.normal(6, 10, seed: 1)
    a.values[3] = .infinity
    a.values[14] = .nan
    a.values[25] = -0.0
    let b = Matrix.normal(10, 11, seed: 2)
    let results = Kernels.all.map { kernels in
      var c = Matrix(rows: 6, columns: 11)
      kernels.multiplyAdd(Factor(a), Factor(b), to: &c)
      return c.values.map { $0.isNaN ? "nan" : "\($0)" }
    }
    #expect(Set(results).count == 1 && results[0].contains("nan") && results[0].contains { $0.contains("inf") })
  }

  /// Numbers of every size, and the edges of the elementary functions.
  static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    let edges: [Float] = [
      0, -0.0, .infinity, -.infinity, 0.625, -0.625, 0.6249999, 88, 88.1, -87, -88, 1e-38, .leastNonzeroMagnitude,
      -1e30,
    ]
    let scaled = Matrix.normal(1, max(count, 1), seed: seed).values.enumerated().map { index, value in
      index % 7 == 3 ? edges[index / 7 % edges.count] : value * [0.01, 1, 10, 100][index % 4]
    }
    return Array(scaled.prefix(count))
  }

  @Test(arguments: [0, 1, 3, 4, 8, 15, 16, 17, 64, 1001, 70_000])
  func siluIsTheScalarFunctionInEveryElement(_ count: Int) {
    let (x, dy) = (Self.numbers(count, seed: 9), Self.numbers(count, seed: 10))
    let (gates, values) = (x.map { Elementary.sigmoid($0) }, x.map { Elementary.silu($0) })
    let expected = zip(zip(x, gates), dy).map { pair, slope in 1 + slope * (pair.1 * (1 + pair.0 * (1 - pair.1))) }
    for kernels in Kernels.all {
      var (gate, y) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
      kernels.silu(x, gate: &gate, &y)
      #expect(gate.map(\.bitPattern) == gates.map(\.bitPattern) && y.map(\.bitPattern) == values.map(\.bitPattern))
      var (none, alone) = ([Float](), [Float](repeating: 0, count: count))
      kernels.silu(x, gate: &none, &alone)
      #expect(alone.map(\.bitPattern) == values.map(\.bitPattern) && none.isEmpty)
      var dx = [Float](repeating: 1, count: count)
      kernels.siluGradient(x, gate: gate, dy, into: &dx)
      #expect(zip(dx, expected).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) })
    }
  }

  @Test(arguments: [1, 4, 5, 16, 37, 40])
  func decayIsItsFormula(_ variables: Int) {
    let x = Self.numbers(6 * 3 * variables, seed: 3).map { abs($0) < 1e6 ? $0 : 1 }
    let speeds = Self.numbers(variables, seed: 4).map { -abs($0).clamped(to: 5) }
    for kernels in Kernels.all {
      var (factors, y) = ([Float](repeating: 7, count: x.count), x)
      kernels.decay(x, speeds: speeds, factors: &factors, &y)
      for index in x.indices {
        let (start, place) = (index / (3 * variables) * 3 * variables, index % (3 * variables))
        guard place < variables else {
          #expect(y[index].bitPattern == x[index].bitPattern && factors[index] == 7)
          continue
        }
        let factor = Elementary.exp(speeds[place] * x[start + 2 * variables + place])
        #expect(factors[index].bitPattern == factor.bitPattern)
        #expect(y[index].bitPattern == (x[index] * factor).bitPattern)
      }
    }
  }

  @Test(arguments: [Float(0.1), 0.5, 0.999], [1, 6, 1003])
  func dropoutMasksAreTheReferences(_ rate: Float, _ count: Int) {
    var reference = RandomSource(seed: 8)
    var expected: [Float] = []
    var bits: UInt64 = 0
    for index in 0..<count {
      if index % 4 == 0 { bits = reference.next() }
      expected.append(bits & 0xFFFF < UInt64(rate * 65536) ? 0 : 1 / (1 - rate))
      bits >>= 16
    }
    for kernels in Kernels.all {
      var random = RandomSource(seed: 8)
      var mask = [Float](repeating: 7, count: count)
      kernels.dropoutMask(&mask, rate: rate, from: &random)
      #expect(mask == expected && random == reference)
    }
  }

  @Test(arguments: [1, 17, 64, 70_001])
  func adamIsItsFormula(_ count: Int) {
    let (p, g) = (Self.finite(count, seed: 1), Self.finite(count, seed: 2))
    let (m, v) = (Self.finite(count, seed: 3), Self.finite(count, seed: 4).map { $0 * $0 })
    let step = AdamStep(beta1: 0.87, beta2: 0.999, keep: 0.997, rate: 3e-3, rootCorrection: 4, epsilon: 1e-8)
    let expected = (0..<count).map { index in
      let mean: Float = 0.87 * m[index] + (1 - 0.87) * g[index]
      let square: Float = 0.999 * v[index] + (1 - 0.999) * (g[index] * g[index])
      return p[index] * 0.997 - 3e-3 * mean / (square.squareRoot() * 4 + 1e-8)
    }
    for kernels in Kernels.all {
      var (parameters, means, squares) = (p, m, v)
      kernels.adam(&parameters, g, &means, &squares, step)
      #expect(parameters.map(\.bitPattern) == expected.map(\.bitPattern))
    }
  }

  static func finite(_ count: Int, seed: UInt64) -> [Float] {
    numbers(count, seed: seed).map { abs($0) < 1e6 ? $0 : 1 }
  }

  @Test func sumOfSquaresIsEightInterleavedSums() {
    let x = Matrix.normal(1, 1003, seed: 5).values
    var partial = [Double](repeating: 0, count: 8)
    for (index, value) in x.enumerated() { partial[index % 8] += Double(value) * Double(value) }
    #expect(Elementwise.sumOfSquares(x) == partial.reduce(0, +))
  }
}

extension Float {
  fileprivate func clamped(to limit: Float) -> Float { Swift.min(self, limit) }
}
