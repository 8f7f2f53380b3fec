// SPDX-License-Identifier: Apache-2.0

/// What a training reports after each epoch.
package struct TrainingProgress: Sendable {
  /// The ensemble's member, from 0.
  package let member: Int
  /// Epochs done, from 1, of `epochs`.
  package let epoch: Int
  package let epochs: Int
  /// The mean training loss of the epoch.
  package let loss: Double
  /// The validation score, if there is one.
  package let score: Double?
  /// The state of the training, from which it can be resumed.
  package let checkpoint: Checkpoint
}

/// Trains networks of one architecture with one configuration.
///
/// The weights are a function of architecture, configuration, member number and data alone: they do not depend on the
/// machine, on time or on what else runs.
package struct Trainer: Sendable {
  package let architecture: NetworkArchitecture
  package let configuration: TrainingConfiguration
  /// The loops to compute with; which, and on how many threads, changes no bit.
  package var kernels = Kernels.fastest
  /// Indices of the objectives' heads.
  private let heads: [Int]

  /// Fails when an objective names a head that the architecture does not have, or a number is out of its range.
  package init(_ architecture: NetworkArchitecture, _ configuration: TrainingConfiguration) throws(NetworkError) {
    self.architecture = architecture
    self.configuration = configuration
    heads = try configuration.objectives.map { objective throws(NetworkError) in
      guard let index = architecture.heads.firstIndex(where: { $0.name == objective.head }) else { throw .unknownHead }
      return index
    }
    guard architecture.isValid, configuration.batchSize > 0, configuration.epochs > 0 else {
      throw .invalidConfiguration
    }
    if let dropout = configuration.variableDropout {
      let columns = 0..<architecture.inputs
      guard dropout.missing.count == architecture.inputs, dropout.groups.joined().allSatisfy(columns.contains) else {
        throw .invalidConfiguration
      }
    }
  }

  /// Trains one network.
  ///
  /// - Parameters:
  ///   - inputs: gives the inputs (rows × the architecture's inputs) of some of the rows, when their batch comes: all
  ///     rows together need never exist as inputs.
  ///   - targets: one per head of the architecture, in order, each with all rows.
  ///   - rows: the rows to use in an epoch (from 0), before they are shuffled; may draw a fresh sample each time.
  ///   - initial: the network to start from, of the same architecture; nil starts from random weights.
  ///   - member: the number of the ensemble's member, which chooses the random stream.
  ///   - resuming: a checkpoint of this training to go on from; the weights are those of an uninterrupted training.
  ///   - validation: a score, higher is better, computed after each epoch.
  ///   - progress: called after each epoch.
  /// - Throws: `CancellationError` when the surrounding task is cancelled.
  package func train(
    inputs: (_ rows: ArraySlice<Int>) -> Matrix, targets: [Target],
    rows: (_ epoch: Int, _ random: inout RandomSource) -> [Int], initial: Network? = nil, member: Int = 0,
    resuming: Checkpoint? = nil, validation: ((Network) -> Double)? = nil,
    progress: (TrainingProgress) -> Void = { _ in }
  ) throws -> Network {
    var random = RandomSource(seed: configuration.seed, stream: UInt64(member) << 32)
    var network = initial ?? Network(architecture, random: &random)
    precondition(network.architecture == architecture, "the initial network has another architecture")
    precondition(resuming?.member ?? member == member, "the checkpoint is another member's")
    var state =
      resuming
      ?? Checkpoint(
        member: member, parameters: network.parameters,
        optimizer: OptimizerState(configuration.optimizer, parameters: network.parameters))
    network.parameters = state.parameters
    var pass = network.newPass(kernels, parameterGradients: true, inputGradient: false)
    while state.epoch < configuration.epochs, !state.isExhausted(configuration.patience) {
      // Each epoch has its own stream, so that a training resumed between two epochs goes on exactly as it would have.
      var random = RandomSource(seed: configuration.seed, stream: UInt64(member) << 32 | UInt64(state.epoch + 1))
      var order = rows(state.epoch, &random)
      random.shuffle(&order)
      state.parameters = []  // The network's copy is the only one, so that steps work in place.
      let loss = try epoch(&network, &state, &pass, inputs, targets, order, &random)
      state.parameters = network.parameters
      state.epoch += 1
      let score = validation?(network)
      if let score, configuration.patience != nil, score > state.best?.score ?? -.infinity {
        state.best = .init(score: score, epoch: state.epoch, parameters: network.parameters)
      }
      progress(
        TrainingProgress(
          member: member, epoch: state.epoch, epochs: configuration.epochs, loss: loss, score: score,
          checkpoint: state))
    }
    if let best = state.best { network.parameters = best.parameters }
    return network
  }

  /// Trains one network on inputs that exist as a whole; see `train(inputs:targets:rows:member:...)`.
  package func train(
    inputs: Matrix, targets: [Target], rows: (_ epoch: Int, _ random: inout RandomSource) -> [Int],
    initial: Network? = nil, member: Int = 0, resuming: Checkpoint? = nil, validation: ((Network) -> Double)? = nil,
    progress: (TrainingProgress) -> Void = { _ in }
  ) throws -> Network {
    try train(
      inputs: { inputs.gathering($0) }, targets: targets, rows: rows, initial: initial, member: member,
      resuming: resuming, validation: validation, progress: progress)
  }

  /// Trains one network on all the given rows in every epoch; see `train(inputs:targets:rows:member:...)`.
  package func train(
    inputs: Matrix, targets: [Target], rows: [Int], initial: Network? = nil, member: Int = 0,
    validation: ((Network) -> Double)? = nil, progress: (TrainingProgress) -> Void = { _ in }
  ) throws -> Network {
    try train(
      inputs: inputs, targets: targets, rows: { _, _ in rows }, initial: initial, member: member,
      validation: validation, progress: progress)
  }

  /// All batches of one epoch; returns the mean loss of its rows.
  private func epoch(
    _ network: inout Network, _ state: inout Checkpoint, _ pass: inout Pass,
    _ inputs: (_ rows: ArraySlice<Int>) -> Matrix, _ targets: [Target], _ order: [Int], _ random: inout RandomSource
  ) throws -> Double {
    let batches = (order.count + configuration.batchSize - 1) / configuration.batchSize
    var sum = 0.0
    for batch in 0..<batches {
      try Task.checkCancellation()
      let first = batch * configuration.batchSize
      let chosen = order[first..<min(first + configuration.batchSize, order.count)]
      let done = (Double(state.epoch) + Double(batch) / Double(batches)) / Double(configuration.epochs)
      let loss = step(
        &network, &state.optimizer, &pass, inputs(chosen), heads.map { targets[$0].gathering(chosen) }, done,
        &random)
      sum += loss * Double(chosen.count)
    }
    return sum / Double(max(order.count, 1))
  }

  /// One batch forward, backward, and a move of the parameters; returns the batch's loss.
  private func step(
    _ network: inout Network, _ state: inout OptimizerState, _ pass: inout Pass, _ inputs: Matrix, _ targets: [Target],
    _ done: Double, _ random: inout RandomSource
  ) -> Double {
    var inputs = inputs
    configuration.variableDropout?.apply(to: &inputs, random: &random)
    pass.random = random
    let loss = evaluate(network, &pass, inputs, targets)
    if let after = pass.random { random = after }
    for (index, value) in pass.statistics { network.parameters[index] = value }
    clip(&pass.parameterGradients)
    let (factor, momentum) = configuration.schedule.values(at: done)
    configuration.optimizer.step(
      &network.parameters, gradients: pass.parameterGradients, shapes: network.plan.parameters, state: &state,
      rate: configuration.learningRate * factor, momentum: momentum, weightDecay: configuration.weightDecay,
      kernels: kernels)
    return loss
  }

  /// Runs a batch forward and backward: returns the loss, and leaves the gradients in `pass`.
  private func evaluate(_ network: Network, _ pass: inout Pass, _ inputs: Matrix, _ targets: [Target]) -> Double {
    network.forward(inputs, &pass)
    pass.clearGradients()
    var loss = 0.0
    for (index, objective) in configuration.objectives.enumerated() {
      let slot = network.plan.heads[heads[index]]
      loss += objective.evaluate(
        pass.values[slot], kind: architecture.heads[heads[index]].kind, targets[index],
        gradient: &pass.gradients[slot])
    }
    network.backward(&pass)
    return loss
  }

  /// The loss of a batch, and its gradient by every parameter (by the parameter's name, shaped like it) and by the
  /// inputs. With a `random` source the network runs as in training (dropout, batch statistics), else as in prediction.
  package func gradients(
    _ network: Network, inputs: Matrix, targets: [Target], random: RandomSource? = nil
  ) -> (loss: Double, parameters: [String: Matrix], inputs: Matrix) {
    var pass = network.newPass(kernels, parameterGradients: true, inputGradient: true)
    pass.random = random
    let loss = evaluate(network, &pass, inputs, heads.map { targets[$0] })
    let pairs = zip(network.plan.parameters.map(\.name), pass.parameterGradients)
    return (loss, Dictionary(uniqueKeysWithValues: pairs), pass.gradients[0])
  }

  /// Scales the gradients so that their norm over all parameters is at most the configured one (Pascanu et al. 2013).
  private func clip(_ gradients: inout [Matrix]) {
    guard let limit = configuration.gradientClip else { return }
    let norm = gradients.reduce(0) { $0 + Elementwise.sumOfSquares($1.values) }.squareRoot()
    guard norm > Double(limit) else { return }
    for index in gradients.indices { Elementwise.scale(&gradients[index].values, by: Float(Double(limit) / norm)) }
  }
}
