// SPDX-License-Identifier: Apache-2.0

import Foundation
import Networks
import Testing

/// A file of golden tensors; `Goldens/make.py` makes them with PyTorch in double precision.
private func golden(_ name: String) throws -> SafeTensors {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  return try SafeTensors([UInt8](Data(contentsOf: folder.appending(path: "\(name).safetensors"))))
}

extension SafeTensors {
  fileprivate func values(_ name: String) throws -> [Float] {
    try #require(tensors.first { $0.name == name }, "no tensor \(name)").values
  }

  fileprivate func matrix(_ name: String, columns: Int) throws -> Matrix {
    let values = try values(name)
    return Matrix(rows: values.count / columns, columns: columns, values: values)
  }
}

/// The greatest difference, relative to the greatest number expected.
private func difference(_ values: [Float], _ expected: [Float]) -> Float {
  guard values.count == expected.count else { return .infinity }
  let scale = expected.reduce(1e-6) { max($0, abs($1)) }
  return zip(values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
}

@Suite struct GoldenTests {
  static let names = ["mlp", "hybrid", "tcn"]
  private static let configuration = TrainingConfiguration(
    objectives: [Objective(head: "death"), Objective(head: "survival", weight: 0.7)], learningRate: 3e-3,
    schedule: .oneCycle(warmUp: 0.15), weightDecay: 0.3, gradientClip: 1, batchSize: 12, epochs: 5, seed: 1)

  private static func targets(_ expected: SafeTensors) throws -> [Target] {
    try [
      Target(labels: expected.values("labels"), weights: expected.values("weights")),
      Target(labels: expected.matrix("hazard", columns: 3), weights: expected.matrix("atRisk", columns: 3)),
    ]
  }

  /// Logits, loss and gradients against double precision, to 1e-5 of the greatest of each tensor.
  @Test(arguments: names)
  func forwardAndBackward(_ name: String) throws {
    let (ensemble, expected) = try (Ensemble(golden(name)), golden("\(name)-expected"))
    let x = try expected.matrix("x", columns: ensemble.inputs)
    let logits = ensemble.logits(x)[0]
    #expect(try difference(logits[0].values, expected.values("logits.death")) < 1e-5)
    #expect(try difference(logits[1].values, expected.values("logits.survival")) < 1e-5)
    let trainer = try Trainer(ensemble.members[0].architecture, Self.configuration)
    let result = try trainer.gradients(
      ensemble.members[0], inputs: x, targets: Self.targets(expected), random: RandomSource(seed: 1))
    #expect(try difference([Float(result.loss)], expected.values("loss")) < 1e-5)
    #expect(try difference(result.inputs.values, expected.values("gradient.x")) < 1e-5)
    for tensor in expected.tensors where tensor.name.hasPrefix("gradient.") && tensor.name != "gradient.x" {
      let gradient = try #require(result.parameters[String(tensor.name.dropFirst("gradient.".count))])
      let values = tensor.shape.count == 2 ? gradient.transposed().values : gradient.values
      #expect(difference(values, tensor.values) < 1e-5, "\(tensor.name)")
    }
  }

  /// Five steps of AdamW under one cycle, with decay and clipping, to 2e-5.
  @Test(arguments: names)
  func steps(_ name: String) throws {
    let (ensemble, expected) = try (Ensemble(golden(name)), golden("\(name)-expected"))
    let x = try expected.matrix("x", columns: ensemble.inputs)
    let trainer = try Trainer(ensemble.members[0].architecture, Self.configuration)
    let network = try trainer.train(
      inputs: x, targets: Self.targets(expected), rows: Array(0..<x.rows), initial: ensemble.members[0])
    let after = try Ensemble([network]).safeTensors()
    var compared = 0
    for tensor in expected.tensors where tensor.name.hasPrefix("after.") {
      let values = try after.values("members.0.\(tensor.name.dropFirst("after.".count))")
      #expect(difference(values, tensor.values) < 2e-5, "\(tensor.name)")
      compared += 1
    }
    #expect(compared == after.tensors.count)
  }
}
