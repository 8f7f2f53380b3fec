// SPDX-License-Identifier: Apache-2.0
import CBaseline
import Foundation
import Networks

/// A training of which one epoch is measured, on two threads.
struct BenchTraining {
  let name: String
  let title: String
  let architecture: NetworkArchitecture
  let rows: Int
  let batchSize: Int

  private static let heads = [
    Head(name: "death", kind: .sigmoid, initialBias: -1.8),
    Head(name: "hazard", kind: .hazard, outputs: 12, initialBias: -3),
  ]

  /// The recipes of the prognosis, of the diagnosis, and of the prognosis' recurrent hybrid.
  static let all = [
    BenchTraining(
      name: "train-prognosis", title: "epoch MLP 515-128-64, 8,000 rows by 256",
      architecture: NetworkArchitecture(
        inputs: 515, hidden: [128, 64], inputDropout: 0.1, hiddenDropout: 0.5, heads: heads), rows: 8000, batchSize: 256
    ),
    BenchTraining(
      name: "train-diagnosis", title: "epoch MLP 206-128-64, 65,536 rows by 2,048",
      architecture: NetworkArchitecture(
        inputs: 206, hidden: [128, 64], inputDropout: 0.1, hiddenDropout: 0.3,
        heads: [Head(name: "sepsis", kind: .sigmoid), Head(name: "alarm", kind: .sigmoid)]), rows: 65_536,
      batchSize: 2048),
    BenchTraining(
      name: "train-hybrid", title: "epoch GRU 111 x 24 x 64 + MLP 515, 8,000 by 256",
      architecture: NetworkArchitecture(
        inputs: 24 * 111 + 515,
        trunk: [
          .concatenation(branches: [
            [
              .columns(first: 0, count: 24 * 111), .inputDecay(variables: 37), .dropout(rate: 0.3),
              .gru(channels: 111, hidden: 64),
              .concatenation(branches: [[.lastStep(channels: 64)], [.meanOverSteps(channels: 64)]]),
            ],
            [
              .columns(first: 24 * 111, count: 515), .dropout(rate: 0.3), .dense(outputs: 128), .silu,
              .dropout(rate: 0.5),
            ],
          ]),
          .dense(outputs: 64), .silu, .dropout(rate: 0.4),
        ], heads: heads), rows: 8000, batchSize: 256),
  ]

  /// Writes first weights and the inputs for the peers.
  func write(to folder: URL) throws {
    var random = RandomSource(seed: 1)
    let ensemble = Ensemble([Network(architecture, random: &random)])
    try Data(ensemble.safeTensors().encoded()).write(to: folder.appending(path: "\(name).safetensors"))
    let inputs = Matrix.benchInputs(rows: rows, columns: architecture.inputs)
    try inputs.data.write(to: folder.appending(path: "\(name).input"))
  }

  /// The seconds of an epoch, the fastest of two after one to warm up, and what both threads computed in it.
  func seconds() throws -> (wall: Double, computing: Double) {
    let inputs = Matrix.benchInputs(rows: rows, columns: architecture.inputs)
    var random = RandomSource(seed: 3)
    let targets = architecture.heads.map { head in
      Target(
        labels: Matrix(
          rows: rows, columns: head.outputs,
          values: (0..<rows * head.outputs).map { _ in random.uniform(0, 1) < 0.5 ? 1 : 0 }))
    }
    let configuration = TrainingConfiguration(
      objectives: architecture.heads.map { Objective(head: $0.name) }, learningRate: 3e-3,
      schedule: .oneCycle(warmUp: 0.15), weightDecay: 0.3, gradientClip: 1, batchSize: batchSize, epochs: 3, seed: 1)
    var trainer = try Trainer(architecture, configuration)
    trainer.kernels = trainer.kernels.on(threads: 2)
    let clock = ContinuousClock()
    var times: [(wall: Double, computing: Double)] = []
    var (start, computed) = (clock.now, baseline_cpu_seconds())
    _ = try trainer.train(
      inputs: inputs, targets: targets, rows: Array(0..<rows),
      progress: { _ in
        times.append(((clock.now - start) / .seconds(1), baseline_cpu_seconds() - computed))
        (start, computed) = (clock.now, baseline_cpu_seconds())
      })
    return (min(times[1].wall, times[2].wall), min(times[1].computing, times[2].computing))
  }
}
