// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

/// Whole trainings and predictions in every form of the kernels and on several threads: the same bits, and those that are
/// written here, on every machine. A change of these numbers changes every shipped model.
@Suite struct DigestTests {
  @Test(arguments: [
    (NetworkArchitecture.small, UInt64(1_514_720_302_468_611_264)), (.hybrid, 13_734_146_485_288_336_218),
    (.convolutional, 10_555_150_675_131_744_361),
  ])
  func trainedBitsStayAsTheyAre(_ architecture: NetworkArchitecture, _ expected: UInt64) throws {
    for kernels in Kernels.all {
      let digest = try Self.trained(architecture, rows: 100, kernels).digest
      #expect(digest == expected, "\(kernels.path): \(digest)")
    }
  }

  /// Large enough for several threads and for every size of tile.
  @Test(arguments: [
    (NetworkArchitecture.wide, UInt64(10_295_435_711_191_062_685)), (.deepHybrid, 6_770_287_087_200_384_384),
  ])
  func largeTrainingsStayAsTheyAre(_ architecture: NetworkArchitecture, _ expected: UInt64) throws {
    for kernels in Kernels.all {
      let digest = try Self.trained(architecture, rows: 300, kernels).digest
      #expect(digest == expected, "\(kernels.path): \(digest)")
    }
  }

  @Test(arguments: [NetworkArchitecture.small, .hybrid, .convolutional, .wide, .deepHybrid], [1, 2, 5, 64, 100])
  func predictionsAreTheReferences(_ architecture: NetworkArchitecture, _ rows: Int) throws {
    let network = Ensemble.random(architecture, count: 1, seed: 4).members[0]
    let x = Matrix.normal(rows, architecture.inputs, seed: 5)
    let expected = network.logits(x, kernels: .reference).map(\.bits)
    for kernels in Kernels.all { #expect(network.logits(x, kernels: kernels).map(\.bits) == expected) }
  }

  private static func trained(
    _ architecture: NetworkArchitecture, rows: Int, _ kernels: Kernels
  ) throws -> Ensemble {
    let configuration = TrainingConfiguration(
      objectives: [Objective(head: "death"), Objective(head: "survival", weight: 0.7)], learningRate: 3e-3,
      schedule: .oneCycle(warmUp: 0.15), weightDecay: 0.3, gradientClip: 1, batchSize: rows > 200 ? 256 : 32, epochs: 2,
      seed: 5)
    var inputs = Matrix.normal(rows, architecture.inputs, seed: 21)
    inputs.values = inputs.values.map { abs($0) }
    let problem = Matrix.normal(600, 9, seed: 11)
    let labels = (0..<rows).map { problem[$0, 0] * problem[$0, 1] > 0.2 }
    let targets = [
      Target(labels: labels.map { $0 ? 1 : 0 }),
      .hazard(times: (0..<rows).map { Double($0 % 40) }, events: labels, ends: [5, 20, 30]),
    ]
    var trainer = try Trainer(architecture, configuration)
    trainer.kernels = kernels
    return Ensemble([try trainer.train(inputs: inputs, targets: targets, rows: Array(0..<rows))])
  }
}

extension Ensemble {
  /// A number in which every bit of every weight takes part (FNV-1a over the patterns).
  fileprivate var digest: UInt64 {
    get throws {
      var digest: UInt64 = 0xCBF2_9CE4_8422_2325
      for tensor in try safeTensors().tensors {
        for value in tensor.values { digest = (digest ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3 }
      }
      return digest
    }
  }
}

extension NetworkArchitecture {
  /// The prognosis' perceptron.
  fileprivate static let wide = NetworkArchitecture(
    inputs: 301, hidden: [128, 64], inputDropout: 0.1, hiddenDropout: 0.5, heads: small.heads)

  /// A hybrid whose recurrent part is worth a second thread.
  fileprivate static let deepHybrid = NetworkArchitecture(
    inputs: 6 * 111 + 20,
    trunk: [
      .concatenation(branches: [
        [
          .columns(first: 0, count: 666), .inputDecay(variables: 37), .dropout(rate: 0.3),
          .gru(channels: 111, hidden: 64),
          .concatenation(branches: [[.lastStep(channels: 64)], [.meanOverSteps(channels: 64)]]),
        ],
        [.columns(first: 666, count: 20), .dense(outputs: 32), .silu],
      ]),
      .dense(outputs: 64), .silu,
    ], heads: small.heads)
}
