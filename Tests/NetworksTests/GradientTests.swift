// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

/// A network, a batch and its targets.
struct GradientCase: Sendable, CustomTestStringConvertible {
  let name: String
  let architecture: NetworkArchitecture
  let objectives: [Objective]
  let targets: [Target]
  let rows: Int
  /// Whether the inputs are made non-negative, as times are.
  let nonNegative: Bool

  var testDescription: String { name }

  init(
    _ name: String, inputs: Int = 6, trunk: [Layer], head: Head, loss: Objective.Loss = .crossEntropy, rows: Int = 5,
    nonNegative: Bool = false
  ) {
    self.name = name
    self.rows = rows
    self.nonNegative = nonNegative
    architecture = NetworkArchitecture(inputs: inputs, trunk: trunk, heads: [head])
    objectives = [Objective(head: head.name, loss: loss, weight: 0.7)]
    var random = RandomSource(seed: 77)
    let size = rows * head.outputs
    var labels = Matrix(rows: rows, columns: head.outputs)
    switch head.kind {
    case .linear: labels.values = (0..<size).map { _ in Float(random.normal()) }
    case .sigmoid, .hazard: labels.values = (0..<size).map { _ in random.uniform() < 0.4 ? 1 : 0 }
    case .softmax: for row in 0..<rows { labels[row, random.index(below: head.outputs)] = 1 }
    }
    let weights = (0..<size).map { $0 % 5 == 3 ? 0 : random.uniform(0.5, 2) }
    targets = [Target(labels: labels, weights: Matrix(rows: rows, columns: head.outputs, values: weights))]
  }
}

@Suite struct GradientTests {
  static let cases: [GradientCase] = {
    let trunk: [Layer] = [.dense(outputs: 7), .silu, .dense(outputs: 5), .silu]
    let score = Head(name: "y", kind: .sigmoid, outputs: 2)
    return [
      GradientCase("dense", trunk: [], head: Head(name: "y", kind: .linear, outputs: 2), loss: .meanSquaredError),
      GradientCase("cross-entropy", trunk: trunk, head: Head(name: "y", kind: .sigmoid, outputs: 3)),
      GradientCase("hazard", trunk: trunk, head: Head(name: "y", kind: .hazard, outputs: 4)),
      GradientCase("softmax", trunk: trunk, head: Head(name: "y", kind: .softmax, outputs: 4)),
      GradientCase("focal", trunk: trunk, head: Head(name: "y", kind: .sigmoid, outputs: 3), loss: .focal(gamma: 2)),
      GradientCase("dropout", trunk: [.dropout(rate: 0.3)] + trunk + [.dropout(rate: 0.5)], head: score, rows: 9),
      GradientCase("residual", trunk: [.residual(body: trunk + [.dense(outputs: 6)])], head: score),
      GradientCase(
        "concatenation", trunk: [.concatenation(branches: [[], trunk, [.columns(first: 2, count: 3), .silu]])],
        head: score),
      GradientCase(
        "layer normalisation", inputs: 8, trunk: [.layerNormalization(channels: 4), .dense(outputs: 5)], head: score),
      GradientCase(
        "batch normalisation", trunk: [.dense(outputs: 9), .batchNormalization, .silu], head: score, rows: 11),
      GradientCase(
        "convolution", inputs: 12,
        trunk: [
          .convolution(channels: 2, outputs: 3, width: 3, dilation: 2), .silu,
          .convolution(channels: 3, outputs: 2, width: 2, dilation: 1), .meanOverSteps(channels: 2),
        ], head: score),
      GradientCase("gru", inputs: 15, trunk: [.gru(channels: 3, hidden: 9), .lastStep(channels: 9)], head: score),
      GradientCase(
        "two grus", inputs: 12,
        trunk: [.gru(channels: 3, hidden: 4), .gru(channels: 4, hidden: 8), .meanOverSteps(channels: 8)], head: score),
      GradientCase(
        "input decay", inputs: 12, trunk: [.inputDecay(variables: 2), .dense(outputs: 4)], head: score,
        nonNegative: true),
      GradientCase(
        "layers of a head", trunk: trunk,
        head: Head(
          name: "y", kind: .sigmoid, outputs: 2, layers: [.columns(first: 0, count: 5), .dense(outputs: 3), .silu])
      ),
      GradientCase("focal 0", trunk: trunk, head: Head(name: "y", kind: .sigmoid), loss: .focal(gamma: 0)),
    ]
  }()

  /// Central differences of fourth order along random directions, over all parameters at once and over the inputs. The
  /// loss is a Float forward pass, so the difference carries some 1e-5 of rounding; 5e-3 of the slope that a random
  /// direction has on the average tells a wrong term from that.
  @Test(arguments: cases)
  func gradientsAreFiniteDifferences(_ example: GradientCase) throws {
    let trainer = try Trainer(
      example.architecture,
      TrainingConfiguration(objectives: example.objectives, learningRate: 1, batchSize: 5, epochs: 1, seed: 1))
    let ensemble = Ensemble.random(example.architecture, count: 1, seed: 5)
    let file = try ensemble.safeTensors()
    var x = Matrix.normal(example.rows, example.architecture.inputs, seed: 6)
    if example.nonNegative { x.values = x.values.map { abs($0) } }
    // The same masks and batch statistics in every evaluation.
    let random = RandomSource(seed: 3)
    let exact = trainer.gradients(ensemble.members[0], inputs: x, targets: example.targets, random: random)
    for seed in UInt64(1)...4 {
      for part in file.tensors.map(\.name) + ["inputs"] where !part.contains("running") {
        let gradient: [Float]
        if part == "inputs" {
          gradient = exact.inputs.values
        } else {
          let name = String(part.dropFirst("members.0.".count))
          let matrix = try #require(exact.parameters[name])
          // Weight matrices stand transposed in the file.
          let transposes = file.tensors.first { $0.name == part }?.shape.count == 2
          gradient = transposes ? matrix.transposed().values : matrix.values
        }
        // A random direction of length 1.
        let drawn = Matrix.normal(1, gradient.count, seed: seed &* 31 &+ UInt64(gradient.count)).values
        let length = Float(Elementwise.sumOfSquares(drawn).squareRoot())
        let direction = drawn.map { $0 / length }
        func loss(_ step: Float) throws -> Double {
          func moved(_ values: [Float]) -> [Float] { zip(values, direction).map { $0 + step * $1 } }
          if part == "inputs" {
            let inputs = Matrix(rows: x.rows, columns: x.columns, values: moved(x.values))
            return trainer.gradients(ensemble.members[0], inputs: inputs, targets: example.targets, random: random).loss
          }
          var file = file
          file.tensors = file.tensors.map {
            $0.name == part ? SafeTensors.Tensor(name: part, shape: $0.shape, values: moved($0.values)) : $0
          }
          return trainer.gradients(try Ensemble(file).members[0], inputs: x, targets: example.targets, random: random)
            .loss
        }
        let h: Float = 1 / 32
        let slope = try (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / Double(12 * h)
        let expected = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        // The typical slope along a random direction.
        let typical = (Elementwise.sumOfSquares(gradient) / Double(gradient.count)).squareRoot()
        #expect(abs(slope - expected) < 5e-3 * typical + 1e-5, "\(part): \(slope) is not \(expected)")
        #expect(typical > 0)
      }
    }
  }
}
