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

  /// Steps and static inputs together, like the prognosis' hybrid.
  static let hybrid = NetworkArchitecture(
    inputs: 5 * 6 + 4,
    trunk: [
      .concatenation(branches: [
        [
          .columns(first: 0, count: 30), .inputDecay(variables: 2), .dropout(rate: 0.3), .gru(channels: 6, hidden: 11),
          .concatenation(branches: [[.lastStep(channels: 11)], [.meanOverSteps(channels: 11)]]),
        ],
        [.columns(first: 30, count: 4), .dense(outputs: 9), .silu],
      ]),
      .dense(outputs: 8), .silu,
    ], heads: small.heads)

  /// Convolutions and both normalisations.
  static let convolutional = NetworkArchitecture(
    inputs: 7 * 3,
    trunk: [
      .convolution(channels: 3, outputs: 5, width: 3, dilation: 2), .layerNormalization(channels: 5), .silu,
      .residual(body: [.convolution(channels: 5, outputs: 5, width: 2, dilation: 1), .batchNormalization, .silu]),
      .lastStep(channels: 5),
    ], heads: small.heads)
}

extension Ensemble {
  /// `count` members with random weights.
  static func random(_ architecture: NetworkArchitecture, count: Int, seed: UInt64) -> Ensemble {
    var random = RandomSource(seed: seed)
    return Ensemble((0..<count).map { _ in Network(architecture, random: &random) })
  }

  /// Two perceptrons and two recurrent networks over the inputs of `hybrid`.
  static func mixed(seed: UInt64) -> Ensemble {
    let perceptron = NetworkArchitecture(
      inputs: NetworkArchitecture.hybrid.inputs, hidden: [12, 6], hiddenDropout: 0.2,
      heads: NetworkArchitecture.small.heads)
    return Ensemble(
      random(perceptron, count: 2, seed: seed).members + random(.hybrid, count: 2, seed: seed + 1).members)
  }
}
