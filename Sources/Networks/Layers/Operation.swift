// SPDX-License-Identifier: Apache-2.0

/// One step of a network's computation: it reads the matrices of some slots and writes that of one slot.
///
/// A network is a list of operations in order; running it backwards is running `backward` in reverse. A slot that is
/// read by several operations receives the sum of their gradients, so every `backward` adds to what is there.
protocol Operation: Sendable {
  /// The slots it reads.
  var inputs: [Int] { get }
  /// The slot it writes.
  var output: Int { get }
  /// Indices of the parameters it uses.
  var parameters: [Int] { get }

  /// Computes `pass.values[output]` from `pass.values[inputs]`.
  func forward(_ pass: inout Pass, _ parameters: [Matrix])
  /// Adds to `pass.gradients[inputs]` and `pass.parameterGradients` what `pass.gradients[output]` implies by the chain
  /// rule.
  func backward(_ pass: inout Pass, _ parameters: [Matrix])
  /// Whether, when predicting, the output moves along a straight line when the inputs do.
  ///
  /// - Parameter ends: the first input at both ends of its line, a row each.
  func isAffine(between ends: Matrix) -> Bool
}

extension Operation {
  func isAffine(between ends: Matrix) -> Bool { false }
}

/// The working memory of one batch on its way through a network, reused from batch to batch.
///
/// Every matrix starts without rows; the operation that writes it gives it as many as it needs.
struct Pass: Sendable {
  /// The loops to compute with.
  let kernels: Kernels
  /// The matrix of each slot, rows × the slot's columns.
  var values: [Matrix]
  /// The loss's derivative by each slot's values.
  var gradients: [Matrix]
  /// What the operation that writes a slot must remember for its derivative (masks, gates), if anything and if a run
  /// backward will follow.
  var saved: [Matrix]
  /// Whether anything asks for the gradient of a slot: a parameter before it, or the caller for the input.
  let needsGradient: [Bool]
  /// The loss's derivative by each parameter; empty when only the input's is wanted.
  var parameterGradients: [Matrix]
  /// Weight matrices with rows and columns exchanged, by parameter, where they are at hand.
  var transposed: [Int: Matrix] = [:]
  /// The source of dropout masks while training; nil when predicting, and dropout then does nothing.
  var random: RandomSource?
  /// New values of parameters that follow the data instead of a gradient (running means), by parameter.
  var statistics: [Int: Matrix] = [:]

  var needsParameterGradients: Bool { !parameterGradients.isEmpty }
  /// Whether a run backward may follow.
  var keepsGradients: Bool { needsGradient.contains(true) }

  /// Sets all gradients to zero before a run backward.
  mutating func clearGradients() {
    for slot in gradients.indices where needsGradient[slot] {
      gradients[slot].setRows(values[slot].rows)
      gradients[slot].fill(0)
    }
    for index in parameterGradients.indices { parameterGradients[index].fill(0) }
  }
}
