// SPDX-License-Identifier: Apache-2.0

import Networks
import Synchronization
import Testing

/// A problem a small network can learn: the sign of a product of two inputs, plus noise inputs.
private struct Problem {
  let inputs = Matrix.normal(600, 9, seed: 11)
  let labels: [Bool]
  let targets: [Target]

  init() {
    let inputs = inputs
    labels = (0..<600).map { inputs[$0, 0] * inputs[$0, 1] > 0.2 }
    targets = [
      Target(labels: labels.map { $0 ? 1 : 0 }),
      .hazard(times: (0..<600).map { Double($0 % 40) }, events: labels, ends: [5, 20, 30]),
    ]
  }

  func auroc(_ network: Network, _ rows: [Int]) -> Double {
    let scores = network.logits(inputs.gathering(rows))[0].values.map(Double.init)
    return BinaryEvaluation(scores: scores, labels: rows.map { labels[$0] }).auroc ?? 0
  }
}

extension TrainingConfiguration {
  fileprivate static func small(_ change: (inout TrainingConfiguration) -> Void = { _ in }) -> TrainingConfiguration {
    var configuration = TrainingConfiguration(
      objectives: [Objective(head: "death"), Objective(head: "survival", weight: 0.1)], learningRate: 1e-2,
      schedule: .oneCycle(warmUp: 0.15), weightDecay: 0.05, gradientClip: 1, batchSize: 32, epochs: 12,
      variableDropout: VariableDropout(
        maximumRate: 0.1, groups: [[0], [1], [2, 3, 4]], missing: [Float](repeating: 0, count: 9)),
      seed: 5)
    change(&configuration)
    return configuration
  }
}

private func weights(_ networks: [Network]) throws -> [UInt8] {
  try Ensemble(networks).safeTensors().encoded()
}

@Suite struct TrainerTests {
  private let problem = Problem()

  private func train(_ configuration: TrainingConfiguration, member: Int = 0) throws -> Network {
    try Trainer(.small, configuration).train(
      inputs: problem.inputs, targets: problem.targets, rows: Array(0..<400), member: member)
  }

  @Test(arguments: [
    (Optimizer.adamW, Schedule.oneCycle(warmUp: 0.15), Float(1e-2)), (.adamW, .cosine, 1e-2), (.adamW, .constant, 5e-3),
    (.gradientDescent(momentum: 0.9), .cosine, 0.2),
  ])
  func learnsWhatALineCannot(_ optimizer: Optimizer, _ schedule: Schedule, _ rate: Float) throws {
    let network = try train(
      .small {
        $0.optimizer = optimizer
        $0.schedule = schedule
        $0.learningRate = rate
        $0.epochs = 40
      })
    #expect(problem.auroc(network, Array(400..<600)) > 0.9)
  }

  @Test func sameSeedSameWeights() throws {
    let first = try weights([train(.small())])
    #expect(try first == weights([train(.small())]))
    #expect(try first != weights([train(.small { $0.seed = 6 })]))
    #expect(try first != weights([train(.small(), member: 1)]))
  }

  @Test func threadsDoNotChangeTheWeights() throws {
    var trainer = try Trainer(.small, .small { $0.epochs = 3 })
    let rows: @Sendable (Int, inout RandomSource) -> [Int] = { _, random in
      // A fresh sample each epoch, as for a set with rare positives.
      (0..<400).filter { _ in random.uniform() < 0.5 }
    }
    var files: [[UInt8]] = []
    for threads in [1, 2, 5] {
      trainer.kernels = .fastest.on(threads: threads)
      let members = try (0..<4).map {
        try trainer.train(inputs: problem.inputs, targets: problem.targets, rows: rows, member: $0)
      }
      files.append(try Ensemble(members).safeTensors().encoded())
    }
    #expect(files[0] == files[1] && files[0] == files[2])
    let alone = try trainer.train(inputs: problem.inputs, targets: problem.targets, rows: rows, member: 2)
    let file = try SafeTensors(files[0])
    let third = file.tensors.filter { $0.name.hasPrefix("members.2.") }.map(\.values)
    #expect(try third == Ensemble([alone]).safeTensors().tensors.map(\.values))
  }

  @Test func earlyStoppingKeepsTheBestEpoch() throws {
    let scores: [Double] = [1, 3, 2, 2, 9, 9]
    for (patience, epochs, kept) in [(2, 4, 2), (3, 6, 5)] as [(Int, Int, Int)] {
      let trainer = try Trainer(
        .small,
        .small {
          $0.epochs = 6
          $0.patience = patience
        })
      let seen = Mutex<[Network]>([])
      let epochsDone = Mutex(0)
      let network = try trainer.train(
        inputs: problem.inputs, targets: problem.targets, rows: Array(0..<64),
        validation: { network in
          seen.withLock {
            $0.append(network)
            return scores[$0.count - 1]
          }
        },
        progress: { progress in
          #expect(progress.score == scores[progress.epoch - 1] && progress.epochs == 6 && progress.loss > 0)
          epochsDone.withLock { $0 = progress.epoch }
        })
      #expect(epochsDone.withLock { $0 } == epochs)
      #expect(try weights([network]) == weights([seen.withLock { $0[kept - 1] }]))
    }
  }

  /// Stopped after any epoch, written, read and gone on with: the same weights.
  @Test(arguments: [Optimizer.adamW, .gradientDescent(momentum: 0.9)], [nil, 2])
  func resumingGivesTheSameWeights(_ optimizer: Optimizer, _ patience: Int?) throws {
    let scores: [Double] = [2, 5, 3, 4, 9, 1]
    let trainer = try Trainer(
      .small,
      .small {
        $0.optimizer = optimizer
        $0.patience = patience
        $0.epochs = 6
      })
    let files = Mutex<[[UInt8]]>([])
    func train(_ resuming: Checkpoint?) throws -> [UInt8] {
      let epoch = Mutex(resuming?.epoch ?? 0)
      let network = try trainer.train(
        inputs: problem.inputs, targets: problem.targets,
        rows: { _, random in (0..<90).filter { _ in random.uniform() < 0.7 } },
        member: 3, resuming: resuming,
        validation: { _ in
          epoch.withLock {
            $0 += 1
            return scores[$0 - 1]
          }
        },
        progress: { progress in
          if resuming == nil { files.withLock { $0.append(trainer.encoded(progress.checkpoint)) } }
        })
      return try weights([network])
    }
    let uninterrupted = try train(nil)
    let saved = files.withLock { $0 }
    #expect(saved.count == (patience == nil ? 6 : 4))
    for file in saved {
      let checkpoint = try trainer.checkpoint(file)
      #expect(trainer.encoded(checkpoint) == file)
      #expect(try train(checkpoint) == uninterrupted)
    }
    let other = try Trainer(.small, .small { $0.seed = 9 })
    #expect(throws: NetworkError.foreignCheckpoint) { try other.checkpoint(saved[0]) }
    #expect(throws: NetworkError.self) { try trainer.checkpoint(Array(saved[0].dropLast())) }
  }

  @Test func cancellationStopsTraining() async throws {
    let trainer = try Trainer(.small, .small { $0.epochs = 1_000_000 })
    let task = Task { [problem] in
      try trainer.train(inputs: problem.inputs, targets: problem.targets, rows: Array(0..<400))
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func maskedRowsTeachNothing() throws {
    // Rows of weight 0 carry wrong labels; the gradients must not see them.
    let trainer = try Trainer(.small, .small())
    let network = Ensemble.random(.small, count: 1, seed: 3).members[0]
    let rows = problem.inputs.gathering(0..<10)
    func gradient(_ wrong: Float) -> [String: Matrix] {
      let labels = (0..<10).map { $0 < 5 ? wrong : 1 }
      let targets = [
        Target(labels: labels, weights: (0..<10).map { $0 < 5 ? 0 : 1 }),
        Target(labels: Matrix(rows: 10, columns: 3), weights: Matrix(rows: 10, columns: 3)),
      ]
      return trainer.gradients(network, inputs: rows, targets: targets).parameters
    }
    #expect(gradient(0) == gradient(1))
    #expect(gradient(0)["heads.survival.weight"]?.values.allSatisfy { $0 == 0 } == true)
    #expect(gradient(0)["heads.death.weight"]?.values.contains { $0 != 0 } == true)
  }

  @Test func refusesWhatCannotBeTrained() {
    func failure(_ change: (inout TrainingConfiguration) -> Void) -> NetworkError? {
      do throws(NetworkError) {
        _ = try Trainer(.small, .small(change))
        return nil
      } catch { return error }
    }
    #expect(failure { $0.objectives[0].head = "other" } == .unknownHead)
    #expect(failure { $0.batchSize = 0 } == .invalidConfiguration)
    #expect(failure { $0.variableDropout?.groups = [[9]] } == .invalidConfiguration)
    #expect(failure { $0.variableDropout?.missing = [] } == .invalidConfiguration)
    #expect(failure { _ in } == nil)
  }

  @Test func schedules() {
    #expect(Schedule.constant.values(at: 0.7) == (1, nil))
    #expect(Schedule.cosine.values(at: 0).factor == 1 && abs(Schedule.cosine.values(at: 0.5).factor - 0.5) < 1e-6)
    let cycle = Schedule.oneCycle(warmUp: 0.25)
    #expect(abs(cycle.values(at: 0).factor - 0.04) < 1e-6 && abs((cycle.values(at: 0).momentum ?? 0) - 0.95) < 1e-6)
    #expect(abs(cycle.values(at: 0.25).factor - 1) < 1e-6 && abs((cycle.values(at: 0.25).momentum ?? 0) - 0.85) < 1e-6)
    #expect(abs(cycle.values(at: 1).factor - 4e-6) < 1e-7)
    #expect(abs(cycle.values(at: 0.625).factor - 0.5) < 1e-5)
  }
}
