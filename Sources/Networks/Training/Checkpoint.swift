// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A training between two epochs: all that the rest of it depends on, besides the data. Random numbers are not part of
/// it, since each epoch has its own stream.
package struct Checkpoint: Sendable, Equatable {
  /// The best epoch so far by the validation score.
  struct Best: Sendable, Equatable {
    let score: Double
    /// Epochs done when it was reached.
    let epoch: Int
    let parameters: [Matrix]
  }

  /// The member of the ensemble.
  package let member: Int
  /// Epochs done.
  package internal(set) var epoch = 0
  var parameters: [Matrix]
  var optimizer: OptimizerState
  var best: Best?

  init(member: Int, parameters: [Matrix], optimizer: OptimizerState) {
    self.member = member
    self.parameters = parameters
    self.optimizer = optimizer
  }

  /// Whether the validation score has not risen for `patience` epochs.
  func isExhausted(_ patience: Int?) -> Bool {
    guard let patience, let best else { return false }
    return epoch - best.epoch >= patience
  }
}

// A checkpoint as a file: tensors `parameters.N`, `first.N`, `second.N` and `best.N` by parameter, everything else as
// metadata; numbers that decide bits are written as bit patterns. `training` is the JSON of architecture and
// configuration: a checkpoint continues only the training it was made by.
extension Trainer {
  /// The file of a checkpoint of this training.
  package func encoded(_ checkpoint: Checkpoint) -> [UInt8] {
    var tensors: [SafeTensors.Tensor] = []
    let state = checkpoint.optimizer
    let groups = [
      ("parameters", checkpoint.parameters), ("first", state.first), ("second", state.second),
      ("best", checkpoint.best?.parameters ?? []),
    ]
    for (group, matrices) in groups {
      for (index, matrix) in matrices.enumerated() {
        tensors.append(.init(name: "\(group).\(index)", shape: [matrix.rows, matrix.columns], values: matrix.values))
      }
    }
    var metadata = [
      "training": identity, "member": String(checkpoint.member), "epoch": String(checkpoint.epoch),
      "decay1": String(state.decay1.bitPattern), "decay2": String(state.decay2.bitPattern),
    ]
    if let best = checkpoint.best {
      metadata["bestScore"] = String(best.score.bitPattern)
      metadata["bestEpoch"] = String(best.epoch)
    }
    return SafeTensors(tensors: tensors, metadata: metadata).encoded()
  }

  /// Reads a checkpoint of this training.
  package func checkpoint(_ bytes: [UInt8]) throws(NetworkError) -> Checkpoint {
    let file = try SafeTensors(bytes)
    guard file.metadata["training"] == identity, let member = file.metadata["member"].flatMap({ Int($0) }),
      let epoch = file.metadata["epoch"].flatMap({ Int($0) }), (0...configuration.epochs).contains(epoch),
      let decay1 = file.metadata["decay1"].flatMap({ UInt64($0) }),
      let decay2 = file.metadata["decay2"].flatMap({ UInt64($0) })
    else { throw .foreignCheckpoint }
    var tensors: [String: SafeTensors.Tensor] = [:]
    for tensor in file.tensors { tensors[tensor.name] = tensor }
    let shapes = NetworkPlan(architecture).parameters
    func matrices(_ group: String) throws(NetworkError) -> [Matrix] {
      var result: [Matrix] = []
      for (index, shape) in shapes.enumerated() {
        guard let tensor = tensors["\(group).\(index)"], tensor.shape == [shape.rows, shape.columns] else {
          throw .unexpectedTensor
        }
        result.append(Matrix(rows: shape.rows, columns: shape.columns, values: tensor.values))
      }
      return result
    }
    let parameters = try matrices("parameters")
    var state = OptimizerState(configuration.optimizer, parameters: parameters)
    state.first = try matrices("first")
    if !state.second.isEmpty { state.second = try matrices("second") }
    (state.decay1, state.decay2) = (Double(bitPattern: decay1), Double(bitPattern: decay2))
    var checkpoint = Checkpoint(member: member, parameters: parameters, optimizer: state)
    checkpoint.epoch = epoch
    if let score = file.metadata["bestScore"].flatMap({ UInt64($0) }),
      let bestEpoch = file.metadata["bestEpoch"].flatMap({ Int($0) })
    {
      checkpoint.best = .init(score: Double(bitPattern: score), epoch: bestEpoch, parameters: try matrices("best"))
    }
    return checkpoint
  }

  /// What makes this training the one it is: its architecture and configuration.
  private var identity: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let parts = [try? encoder.encode(architecture), try? encoder.encode(configuration)]
    return parts.map { String(decoding: $0 ?? Data(), as: UTF8.self) }.joined(separator: "\n")
  }
}
