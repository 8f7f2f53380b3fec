// SPDX-License-Identifier: Apache-2.0

/// How parameters move along their gradients.
package enum Optimizer: Codable, Sendable, Equatable {
  /// Stochastic gradient descent: v ← momentum·v + g, p ← p − rate·v. With all rows in one batch it is plain gradient
  /// descent.
  case gradientDescent(momentum: Float)
  /// AdamW (Loshchilov and Hutter 2019): Adam with bias correction, β₁ = 0.9 unless the schedule moves it, β₂ = 0.999,
  /// ε = 1e-8, and weight decay apart from the gradient.
  case adamW
}

/// The optimiser's memory between steps.
struct OptimizerState: Sendable, Equatable {
  /// Running means of the gradient, or the velocity.
  var first: [Matrix]
  /// Running means of its square; empty for gradient descent.
  var second: [Matrix]
  /// β₁ᵗ and β₂ᵗ, as products over the steps so far, since the schedule may move β₁.
  var decay1 = 1.0
  var decay2 = 1.0

  init(_ optimizer: Optimizer, parameters: [Matrix]) {
    let zeros = parameters.map { Matrix(rows: $0.rows, columns: $0.columns) }
    first = zeros
    second = optimizer == .adamW ? zeros : []
  }
}

extension Optimizer {
  private static let beta2: Float = 0.999
  private static let epsilon: Float = 1e-8

  /// One step. `rate` and `momentum` come from the schedule; `weightDecay` shrinks matrices only: p ← p·(1 − rate·decay).
  func step(
    _ parameters: inout [Matrix], gradients: [Matrix], shapes: [ParameterShape], state: inout OptimizerState,
    rate: Float, momentum: Float?, weightDecay: Float, kernels: Kernels
  ) {
    switch self {
    case .gradientDescent(let own):
      for index in parameters.indices {
        let keep = shapes[index].isMatrix ? 1 - rate * weightDecay : 1
        Elementwise.descend(
          &parameters[index].values, gradients[index].values, velocity: &state.first[index].values, keep: keep,
          momentum: momentum ?? own, rate: rate)
      }
    case .adamW:
      let beta1 = momentum ?? 0.9
      state.decay1 *= Double(beta1)
      state.decay2 *= Double(Self.beta2)
      var step = AdamStep(
        beta1: beta1, beta2: Self.beta2, keep: 1, rate: Float(Double(rate) / (1 - state.decay1)),
        rootCorrection: Float(1 / (1 - state.decay2).squareRoot()), epsilon: Self.epsilon)
      for index in parameters.indices {
        step.keep = shapes[index].isMatrix ? 1 - rate * weightDecay : 1
        kernels.adam(
          &parameters[index].values, gradients[index].values, &state.first[index].values,
          &state.second[index].values, step)
      }
    }
  }
}
