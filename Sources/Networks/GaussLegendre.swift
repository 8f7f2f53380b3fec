// SPDX-License-Identifier: Apache-2.0

/// The nodes and weights of Gauss and Legendre's quadrature on [0, 1].
struct GaussLegendre: Sendable {
  private(set) var nodes: [Double] = []
  private(set) var weights: [Double] = []

  /// Newton's method on the Legendre polynomial from Tricomi's first guess cos(π(i − ¼)/(n + ½)).
  init(points n: Int) {
    for i in stride(from: n, through: 1, by: -1) {
      var x = Elementary.cosinePi((Double(i) - 0.25) / (Double(n) + 0.5))
      var slope = 0.0
      for _ in 0..<8 {
        var (p, previous) = (1.0, 0.0)
        for k in 1...n {
          (p, previous) = ((Double(2 * k - 1) * x * p - Double(k - 1) * previous) / Double(k), p)
        }
        slope = Double(n) * (x * p - previous) / (x * x - 1)
        x -= p / slope
      }
      nodes.append((1 + x) / 2)
      weights.append(1 / ((1 - x * x) * slope * slope))
    }
  }

  /// Per column Σ weight · value over the rows, one row a node.
  func mean(of rows: Matrix) -> [Double] {
    var sums = [Double](repeating: 0, count: rows.columns)
    for (row, weight) in weights.enumerated() {
      let values = rows.row(row)
      for column in sums.indices { sums[column] += weight * Double(values[values.startIndex + column]) }
    }
    return sums
  }
}
