// SPDX-License-Identifier: Apache-2.0

import Networks

/// Made-up data for tests.
extension Matrix {
  /// Standard normal numbers.
  static func normal(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = RandomSource(seed: seed)
    return Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.normal()) })
  }

  /// The patterns of all elements, to compare bit for bit.
  var bits: [UInt32] { values.map(\.bitPattern) }
}

extension NetworkArchitecture {
  /// A small network with the heads of the prognosis.
  static let small = NetworkArchitecture(
    inputs: 9, hidden: [16, 8], inputDropout: 0.1, hiddenDropout: 0.3,
    heads: [
      Head(name: "death", kind: .sigmoid, initialBias: -1), Head(name: "survival", kind: .hazard, outputs: 3),
    ])
}

extension Ensemble {
  /// `count` members with random weights.
  static func random(_ architecture: NetworkArchitecture, count: Int, seed: UInt64) -> Ensemble {
    var random = RandomSource(seed: seed)
    return Ensemble((0..<count).map { _ in Network(architecture, random: &random) })
  }
}
