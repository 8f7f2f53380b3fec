// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// A network's shape, without the number of its inputs, which the fitted encoding decides.
package enum ArchitectureRecipe: Codable, Sendable, Equatable {
  /// Reads the vector: dropout on the inputs, then for each hidden size dense, SiLU, dropout.
  case perceptron(hidden: [Int], inputDropout: Float, hiddenDropout: Float)
  /// Reads the steps, their values decaying with age, with a GRU of `hidden` states (last and mean), and the vector with
  /// a dense layer of `vector` outputs; both meet in a dense layer of `merged` outputs. The dropout rates are of the steps,
  /// of the vector, of the dense layer on it, and around the merging.
  case recurrent(
    hidden: Int, vector: Int, merged: Int, stepDropout: Float, vectorDropout: Float, vectorHiddenDropout: Float,
    mergedDropout: Float)
  /// Perceptrons side by side, each with its own inputs and heads.
  case branches(of: [Branch])

  /// Whether networks of this shape read the steps of a sequence.
  package var readsSequence: Bool {
    switch self {
    case .perceptron, .branches: false
    case .recurrent: true
    }
  }

  /// The architecture for a fitted encoding. A network that reads steps needs an encoding with a sequence.
  package func architecture(_ encoder: InputEncoder, heads: [Head]) -> NetworkArchitecture {
    let encoding = encoder.encoding
    switch self {
    case .perceptron(let hidden, let inputDropout, let hiddenDropout):
      var architecture = NetworkArchitecture(
        inputs: encoding.width, hidden: hidden, inputDropout: inputDropout, hiddenDropout: hiddenDropout, heads: heads)
      if encoding.sequence != nil {
        architecture.trunk.insert(.columns(first: 0, count: encoding.vectorWidth), at: 0)
      }
      return architecture
    case .recurrent(
      let hidden, let vector, let merged, let stepDropout, let vectorDropout, let vectorHiddenDropout,
      let mergedDropout):
      let count = encoding.sequence?.series.count ?? 0
      let steps: [Layer] = [
        .columns(first: encoding.vectorWidth, count: encoding.width - encoding.vectorWidth),
        .inputDecay(variables: count), .dropout(rate: stepDropout), .gru(channels: 3 * count, hidden: hidden),
        .concatenation(branches: [[.lastStep(channels: hidden)], [.meanOverSteps(channels: hidden)]]),
      ]
      let statistics: [Layer] = [
        .columns(first: 0, count: encoding.vectorWidth), .dropout(rate: vectorDropout), .dense(outputs: vector),
        .silu, .dropout(rate: vectorHiddenDropout),
      ]
      return NetworkArchitecture(
        inputs: encoding.width,
        trunk: [
          .concatenation(branches: [steps, statistics]), .dropout(rate: mergedDropout), .dense(outputs: merged),
          .silu, .dropout(rate: mergedDropout),
        ], heads: heads)
    case .branches(let branches):
      return Branch.architecture(branches, encoder, heads: heads)
    }
  }
}
