// SPDX-License-Identifier: Apache-2.0

/// The shape of a network: inputs, a trunk of layers, and heads that each read the trunk's end.
package struct NetworkArchitecture: Codable, Sendable, Equatable {
  /// Number of input columns.
  package var inputs: Int
  /// The layers, in order.
  package var trunk: [Layer]
  /// The outputs; their order is the order of targets and logits everywhere.
  package var heads: [Head]

  package init(inputs: Int, trunk: [Layer], heads: [Head]) {
    self.inputs = inputs
    self.trunk = trunk
    self.heads = heads
  }

  /// A multilayer perceptron: dropout on the inputs, then per hidden size dense, SiLU, dropout.
  package init(inputs: Int, hidden: [Int], inputDropout: Float = 0, hiddenDropout: Float = 0, heads: [Head]) {
    var trunk: [Layer] = inputDropout > 0 ? [.dropout(rate: inputDropout)] : []
    for size in hidden {
      trunk += [.dense(outputs: size), .silu]
      if hiddenDropout > 0 { trunk.append(.dropout(rate: hiddenDropout)) }
    }
    self.init(inputs: inputs, trunk: trunk, heads: heads)
  }

  /// Whether the layers fit each other, the numbers are in their ranges and the heads' names differ; asked of architectures that come from a file.
  package var isValid: Bool {
    let sizes = 1...1_000_000
    guard sizes.contains(inputs), let end = Layer.outputs(trunk, inputs: inputs) else { return false }
    return !heads.isEmpty
      && heads.allSatisfy { head in
        sizes.contains(head.outputs) && head.initialBias.isFinite
          && Layer.outputs(head.layers ?? [], inputs: end) != nil
      }
      && Set(heads.map(\.name)).count == heads.count
  }
}
