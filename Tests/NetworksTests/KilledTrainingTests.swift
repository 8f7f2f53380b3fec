// SPDX-License-Identifier: Apache-2.0

import Foundation
import Networks
import Testing

/// A training whose process is killed with signal 9, gone on with by another process.
@Suite struct KilledTrainingTests {
  static func train(
    _ architecture: NetworkArchitecture, resuming file: [UInt8]? = nil, progress: (Trainer, TrainingProgress) -> Void,
    epochBegins: (Int) -> Void = { _ in }
  ) throws -> [UInt8] {
    let trainer = try Trainer(
      architecture,
      TrainingConfiguration(
        objectives: [Objective(head: "death"), Objective(head: "survival", weight: 0.5)], learningRate: 1e-2,
        schedule: .oneCycle(warmUp: 0.3), weightDecay: 0.1, gradientClip: 1, batchSize: 16, epochs: 5, seed: 3))
    var inputs = Matrix.normal(120, architecture.inputs, seed: 1)
    inputs.values = inputs.values.map { abs($0) }
    let labels = (0..<120).map { inputs[$0, 0] > 0.8 }
    let targets = [
      Target(labels: labels.map { $0 ? 1 : 0 }),
      .hazard(times: (0..<120).map { Double($0 % 40) }, events: labels, ends: [5, 20, 30]),
    ]
    let network = try trainer.train(
      inputs: inputs, targets: targets,
      rows: { epoch, random in
        epochBegins(epoch)
        return (0..<120).filter { _ in random.uniform() < 0.8 }
      },
      resuming: file.map { try trainer.checkpoint($0) }, progress: { progress(trainer, $0) })
    return try Ensemble([network]).safeTensors().encoded()
  }

  @Test func killedAndResumedGivesTheSameWeights() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "killed-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      _ = try KilledTrainingTests.train(
        .hybrid,
        progress: { trainer, progress in
          try? Data(trainer.encoded(progress.checkpoint)).write(to: URL(filePath: path), options: .atomic)
        },
        epochBegins: { epoch in
          if epoch == 3 { kill(getpid(), SIGKILL) }
        })
    }
    let file = try [UInt8](Data(contentsOf: URL(filePath: path)))
    var epochs: [Int] = []
    let resumed = try Self.train(.hybrid, resuming: file, progress: { _, progress in epochs.append(progress.epoch) })
    let uninterrupted = try Self.train(.hybrid, progress: { _, _ in })
    #expect(epochs == [4, 5])
    #expect(resumed == uninterrupted)
  }
}
