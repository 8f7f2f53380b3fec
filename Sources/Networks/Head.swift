// SPDX-License-Identifier: Apache-2.0

/// One output of a network: a dense layer on the trunk's end, and what its numbers (the logits) mean.
package struct Head: Codable, Sendable, Equatable {
  /// What the logits mean.
  package enum Kind: String, Codable, Sendable {
    /// The numbers themselves (regression).
    case linear
    /// Independent yes/no labels: probability = sigmoid(logit).
    case sigmoid
    /// One of several classes: probabilities = softmax(logits).
    case softmax
    /// Discrete-time survival: sigmoid(logit k) is the hazard of interval k, the probability of the event in it for
    /// those who reached it.
    case hazard
  }

  /// The head's name, e.g. `death`; unique in its network.
  package var name: String
  /// What the logits mean.
  package var kind: Kind
  /// How many logits.
  package var outputs: Int
  /// The bias every output starts with, e.g. the logit of the prevalence.
  package var initialBias: Float
  /// Layers between the trunk's end and the logits; nil: none. A head that must not depend on some inputs reads the
  /// columns of a branch that does not (`Layer.columns`).
  package var layers: [Layer]?

  package init(name: String, kind: Kind, outputs: Int = 1, initialBias: Float = 0, layers: [Layer]? = nil) {
    self.name = name
    self.kind = kind
    self.outputs = outputs
    self.initialBias = initialBias
    self.layers = layers
  }

  /// Logits (rows × outputs) to what they mean: values, probabilities, or hazards.
  package func activated(_ logits: Matrix) -> Matrix {
    var result = logits
    switch kind {
    case .linear: break
    case .sigmoid, .hazard:
      for index in result.values.indices { result.values[index] = Elementary.sigmoid(result.values[index]) }
    case .softmax:
      for row in 0..<logits.rows {
        let probabilities = Self.softmax(logits.row(row))
        for (column, probability) in probabilities.enumerated() { result[row, column] = probability }
      }
    }
    return result
  }

  /// eᶻ / Σ eᶻ, the greatest logit subtracted first so that nothing overflows.
  static func softmax(_ logits: ArraySlice<Float>) -> [Float] {
    let greatest = logits.max() ?? 0
    let powers = logits.map { Elementary.exp($0 - greatest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
