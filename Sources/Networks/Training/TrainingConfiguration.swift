// SPDX-License-Identifier: Apache-2.0

/// Everything that decides how a network is trained, besides its architecture and data.
package struct TrainingConfiguration: Codable, Sendable, Equatable {
  /// One per trained head.
  package var objectives: [Objective]
  package var optimizer: Optimizer
  /// The greatest learning rate.
  package var learningRate: Float
  package var schedule: Schedule
  /// Decoupled decay of weight matrices, as a factor on the learning rate.
  package var weightDecay: Float
  /// Gradients whose norm over all parameters exceeds this are scaled down to it; nil for never.
  package var gradientClip: Float?
  /// Rows per step; the last batch of an epoch may be smaller.
  package var batchSize: Int
  package var epochs: Int
  package var variableDropout: VariableDropout?
  /// With a validation score: stop when it has not risen for this many epochs, and keep the best epoch's weights. nil
  /// trains all epochs and keeps the last weights.
  package var patience: Int?
  /// Decides initial weights, order of rows and every dropout mask.
  package var seed: UInt64

  package init(
    objectives: [Objective], optimizer: Optimizer = .adamW, learningRate: Float, schedule: Schedule = .constant,
    weightDecay: Float = 0, gradientClip: Float? = nil, batchSize: Int, epochs: Int,
    variableDropout: VariableDropout? = nil, patience: Int? = nil, seed: UInt64
  ) {
    self.objectives = objectives
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.weightDecay = weightDecay
    self.gradientClip = gradientClip
    self.batchSize = batchSize
    self.epochs = epochs
    self.variableDropout = variableDropout
    self.patience = patience
    self.seed = seed
  }
}
