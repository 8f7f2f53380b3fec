// SPDX-License-Identifier: Apache-2.0

/// The loss of one head and its share of the sum that is minimised.
package struct Objective: Codable, Sendable, Equatable {
  /// How a head's logits are judged. z is a logit, y its label, p = sigmoid(z).
  package enum Loss: Codable, Sendable, Equatable {
    /// (z − y)², for linear heads.
    case meanSquaredError
    /// For sigmoid and hazard heads softplus(z) − y·z, which is −y·ln p − (1 − y)·ln(1 − p); over a hazard target it is
    /// the survival likelihood. For softmax heads −Σ y·ln softmax(z).
    case crossEntropy
    /// For sigmoid heads (Lin et al. 2017): the cross-entropy times (1 − pₜ)^gamma, where pₜ is the probability given to
    /// the true label; gamma a whole number.
    case focal(gamma: Int)
  }

  /// The name of the head.
  package var head: String
  package var loss: Loss
  /// The factor in the sum of all heads' losses.
  package var weight: Float

  package init(head: String, loss: Loss = .crossEntropy, weight: Float = 1) {
    self.head = head
    self.loss = loss
    self.weight = weight
  }

  /// The mean over the rows of the weighted sum over the outputs, and the gradient by the logits, written to `gradient`
  /// (rows × outputs).
  func evaluate(_ logits: Matrix, kind: Head.Kind, _ target: Target, gradient: inout Matrix) -> Double {
    let scale = weight / Float(logits.rows)
    var sum = 0.0
    if kind == .softmax {
      for row in 0..<logits.rows { sum += softmax(logits, target, row, scale, &gradient) }
    } else {
      for index in logits.values.indices {
        let factor = (target.weights?.values[index] ?? 1) * scale
        guard factor != 0 else {
          gradient.values[index] = 0
          continue
        }
        let (value, slope) = element(logits.values[index], target.labels.values[index])
        sum += Double(value * factor)
        gradient.values[index] = slope * factor
      }
    }
    return sum
  }

  /// The loss of one output and its derivative by the logit.
  private func element(_ z: Float, _ y: Float) -> (value: Float, slope: Float) {
    switch loss {
    case .meanSquaredError:
      return ((z - y) * (z - y), 2 * (z - y))
    case .crossEntropy:
      return (Elementary.softplus(z) - y * z, Elementary.sigmoid(z) - y)
    case .focal(let gamma):
      // With s = ±1 for the label and q = 1 − pₜ = sigmoid(−s·z): loss = q^γ·softplus(−s·z), and since dq/dz = −s·q·(1−q)
      // the slope is −s·q^γ·(γ·(1 − q)·softplus(−s·z) + q).
      let sign: Float = y > 0.5 ? 1 : -1
      let q = Elementary.sigmoid(-sign * z)
      let entropy = Elementary.softplus(-sign * z)
      var power: Float = 1
      for _ in 0..<max(gamma, 0) { power *= q }
      return (power * entropy, -sign * power * (Float(gamma) * (1 - q) * entropy + q))
    }
  }

  /// −Σ y·ln softmax(z) of one row; the gradient is softmax(z)·Σy − y.
  private func softmax(
    _ logits: Matrix, _ target: Target, _ row: Int, _ scale: Float, _ gradient: inout Matrix
  ) -> Double {
    let z = logits.row(row)
    let factor = (target.weights?[row, 0] ?? 1) * scale
    let probabilities = Head.softmax(z)
    let labels = target.labels.row(row)
    let total = labels.reduce(0, +)
    let greatest = z.max() ?? 0
    let normaliser = greatest + Elementary.log(z.reduce(0) { $0 + Elementary.exp($1 - greatest) })
    var sum = 0.0
    for (column, (label, logit)) in zip(labels, z).enumerated() {
      sum += Double(label * (normaliser - logit) * factor)
      gradient[row, column] = (probabilities[column] * total - label) * factor
    }
    return sum
  }
}
