// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks
import Synchronization
import Testing
import Training

@Suite struct TrainingCheckpointsTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func weights(_ experiment: Experiment) async throws -> [UInt8] {
    try await experiment.fit(stays: Array(0..<120), stage: "all").ensemble.safeTensors().encoded()
  }

  private func checkpoints(_ experiment: Experiment, configuration: [UInt8] = [1]) throws -> TrainingCheckpoints {
    try TrainingCheckpoints(
      directory: folder.path + "/state", configuration: configuration, table: experiment.table, seed: 1)
  }

  /// A training that ended at any epoch, its files as they lay at that moment, gives the weights it would have given.
  @Test(arguments: [1, 4, 9]) func resumedAtAnyEpochTheWeightsAreTheSame(epoch: Int) async throws {
    let uninterrupted = try Synthetic.prognosis(seed: 1, jobs: 1)
    var experiment = uninterrupted
    experiment.checkpoints = try checkpoints(experiment)
    let stopped = experiment
    // The epoch's state is written before it is reported; then the member's task is told to stop.
    await #expect(throws: CancellationError.self) {
      try await stopped.fit(stays: Array(0..<120), stage: "all") { step in
        if step.epoch == epoch { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      }
    }
    let seen = Mutex<[Int]>([])
    let resumed = try await experiment.fit(stays: Array(0..<120), stage: "all") { step in
      seen.withLock { $0.append(step.epoch) }
    }
    #expect(try resumed.ensemble.safeTensors().encoded() == (try await weights(uninterrupted)))
    // It did go on rather than begin anew.
    #expect(seen.withLock { $0.count } < 2 * 10)
  }

  @Test func foldersOfOtherTrainingsAreRefused() throws {
    let experiment = try Synthetic.prognosis(seed: 1, jobs: 1)
    _ = try checkpoints(experiment)
    _ = try checkpoints(experiment)
    #expect(throws: ExperimentError(.foreignCheckpoint, detail: folder.path + "/state")) {
      try checkpoints(experiment, configuration: [2])
    }
    let other = try Synthetic.prognosis(seed: 1, jobs: 1) { labels in labels[0].values[3] = 1 - labels[0].values[3] }
    #expect(throws: ExperimentError.self) { try checkpoints(other) }
  }
}
