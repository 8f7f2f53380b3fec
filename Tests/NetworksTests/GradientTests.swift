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

  var testDescription: String { name }

  init(_ name: String, inputs: Int = 6, trunk: [Layer], head: Head, loss: Objective.Loss = .crossEntropy, rows: Int = 5)
  {
    self.name = name
    self.rows = rows
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
    return [
      GradientCase("dense", trunk: [], head: Head(name: "y", kind: .linear, outputs: 2), loss: .meanSquaredError),
      GradientCase("cross-entropy", trunk: trunk, head: Head(name: "y", kind: .sigmoid, outputs: 3)),
      GradientCase("hazard", trunk: trunk, head: Head(name: "y", kind: .hazard, outputs: 4)),
      GradientCase("softmax", trunk: trunk, head: Head(name: "y", kind: .softmax, outputs: 4)),
      GradientCase("focal", trunk: trunk, head: Head(name: "y", kind: .sigmoid, outputs: 3), loss: .focal(gamma: 2)),
      GradientCase("focal 0", trunk: trunk, head: Head(name: "y", kind: .sigmoid), loss: .focal(gamma: 0)),
    ]
  }()

  /// Central differences of fourth order along random directions, over all parameters at once and over the inputs. The
  /// loss is a Float forward pass, so the difference carries some 1e-5 of rounding; 2e-3 of the gradient's norm tells a
  /// wrong term from that.
  @Test(arguments: cases)
  func gradientsAreFiniteDifferences(_ example: GradientCase) throws {
    let trainer = try Trainer(
      example.architecture,
      TrainingConfiguration(objectives: example.objectives, learningRate: 1, batchSize: 5, epochs: 1, seed: 1))
    let ensemble = Ensemble.random(example.architecture, count: 1, seed: 5)
    let file = try ensemble.safeTensors()
    let x = Matrix.normal(example.rows, example.architecture.inputs, seed: 6)
    let exact = trainer.gradients(ensemble.members[0], inputs: x, targets: example.targets)
    for seed in UInt64(1)...4 {
      for part in file.tensors.map(\.name) + ["inputs"] {
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
        let direction = Matrix.normal(1, gradient.count, seed: seed &* 31 &+ UInt64(gradient.count)).values
        func loss(_ step: Float) throws -> Double {
          func moved(_ values: [Float]) -> [Float] { zip(values, direction).map { $0 + step * $1 } }
          if part == "inputs" {
            let inputs = Matrix(rows: x.rows, columns: x.columns, values: moved(x.values))
            return trainer.gradients(ensemble.members[0], inputs: inputs, targets: example.targets).loss
          }
          var file = file
          file.tensors = file.tensors.map {
            $0.name == part ? SafeTensors.Tensor(name: part, shape: $0.shape, values: moved($0.values)) : $0
          }
          return trainer.gradients(try Ensemble(file).members[0], inputs: x, targets: example.targets).loss
        }
        let h: Float = 1 / 32
        let slope = try (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / Double(12 * h)
        let expected = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(slope - expected) < 2e-3 * norm + 2e-5, "\(part): \(slope) is not \(expected)")
        #expect(norm > 0)
      }
    }
  }
}
