// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

@Suite struct EnsembleTests {
  /// Patient by patient or all at once: the same bits.
  @Test(arguments: [1, 2, 3, 4, 5, 9, 64], [NetworkArchitecture.small, .hybrid, .convolutional])
  func batchSizeDoesNotChangeTheBits(_ size: Int, _ architecture: NetworkArchitecture) {
    let ensemble = Ensemble.random(architecture, count: 3, seed: 1)
    let x = Matrix.normal(67, architecture.inputs, seed: 2)
    let whole = ensemble.meanLogits(x)
    for start in stride(from: 0, to: 67, by: size) {
      let rows = start..<min(start + size, 67)
      let part = ensemble.meanLogits(x.gathering(rows))
      for head in 0..<2 { #expect(part[head].bits == whole[head].gathering(rows).bits) }
    }
  }

  @Test func meanIsTheMeanOfTheMembers() {
    let ensemble = Ensemble.random(.small, count: 4, seed: 1)
    let x = Matrix.normal(5, 9, seed: 2)
    let (members, mean) = (ensemble.logits(x), ensemble.meanLogits(x))
    for index in 0..<15 {
      let sum = members.reduce(Float(0)) { $0 + $1[1].values[index] }
      #expect(sum / 4 == mean[1].values[index])
    }
    #expect(members[0] != members[1])
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func integratedGradientsAreComplete(_ seed: UInt64) {
    let ensemble = Ensemble.random(.small, count: 3, seed: seed)
    let x = Matrix.normal(1, 9, seed: seed + 10).values.map { 2 * $0 }
    let baseline = Matrix.normal(1, 9, seed: seed + 20).values
    for (head, output) in [(0, 0), (1, 2)] {
      let result = ensemble.integratedGradients(x, baseline: baseline, head: head, output: output)
      #expect(result.completenessGap < 1e-5)
      #expect(result.logit == Double(ensemble.meanLogits(Matrix(row: x))[head].values[output]) || abs(result.logit) > 0)
      #expect(abs(result.logit - Double(ensemble.meanLogits(Matrix(row: x))[head].values[output])) < 1e-6)
      let coarse = ensemble.integratedGradients(x, baseline: baseline, head: head, output: output, points: 1)
      #expect(coarse.completenessGap > result.completenessGap)
    }
    let same = ensemble.integratedGradients(x, baseline: x, head: 0)
    #expect(same.contributions.allSatisfy { $0 == 0 } && same.completenessGap < 1e-9)
  }

  /// For a linear network the contribution of an input is exactly its weight times its difference.
  @Test func attributionOfALinearNetwork() throws {
    let architecture = NetworkArchitecture(inputs: 4, trunk: [], heads: [Head(name: "y", kind: .linear)])
    let ensemble = Ensemble.random(architecture, count: 1, seed: 3)
    let weights = try #require(try ensemble.safeTensors().tensors.first { $0.name.hasSuffix("y.weight") }).values
    let result = ensemble.integratedGradients([1, 2, 3, 4], baseline: [0, 1, 5, 4], head: 0, points: 3)
    for (index, difference) in [1.0, 1, -2, 0].enumerated() {
      #expect(abs(result.contributions[index] - Double(weights[index]) * difference) < 1e-6)
    }
  }

  @Test func headsActivate() {
    let logits = Matrix(rows: 2, columns: 3, values: [0, 1, 2, -100, 100, 100])
    let shares = Head(name: "c", kind: .softmax, outputs: 3).activated(logits)
    for row in 0..<2 { #expect(abs(shares.row(row).reduce(0, +) - 1) < 1e-6) }
    #expect(abs(shares[0, 2] - 0.66524096) < 1e-6 && shares[1, 1] == 0.5)
    #expect(Head(name: "s", kind: .sigmoid, outputs: 3).activated(logits)[0, 0] == 0.5)
    #expect(Head(name: "l", kind: .linear, outputs: 3).activated(logits) == logits)
  }

  @Test(arguments: [NetworkArchitecture.hybrid, .convolutional])
  func attributionsReachThroughSteps(_ architecture: NetworkArchitecture) {
    let ensemble = Ensemble.random(architecture, count: 2, seed: 4)
    let x = Matrix.normal(1, architecture.inputs, seed: 5).values.map { abs($0) }
    let result = ensemble.integratedGradients(x, baseline: x.map { _ in 0 }, head: 0)
    #expect(result.completenessGap < 1e-4 && result.contributions.allSatisfy(\.isFinite))
    #expect(result.contributions.count { $0 != 0 } > architecture.inputs / 2)
  }

  @Test func refusesLayersThatDoNotFit() {
    func valid(_ trunk: [Layer], inputs: Int = 12) -> Bool {
      NetworkArchitecture(inputs: inputs, trunk: trunk, heads: [Head(name: "y", kind: .linear)]).isValid
    }
    #expect(valid([.gru(channels: 4, hidden: 3), .lastStep(channels: 3)]) && !valid([.gru(channels: 5, hidden: 3)]))
    #expect(valid([.residual(body: [.dense(outputs: 12)])]) && !valid([.residual(body: [.dense(outputs: 11)])]))
    #expect(valid([.columns(first: 2, count: 10)]) && !valid([.columns(first: 3, count: 10)]))
    #expect(!valid([.columns(first: .max, count: 10)]) && !valid([.dense(outputs: 0)]) && !valid([], inputs: 0))
    #expect(
      !valid([.inputDecay(variables: 5)]) && !valid([.inputDecay(variables: .max)])
        && valid([.inputDecay(variables: 2)]))
    #expect(!valid([.dropout(rate: 1)]) && !valid([.dropout(rate: .nan)]))
    #expect(!valid([.convolution(channels: 3, outputs: 999_999, width: 2, dilation: 1)]))
    #expect(!valid([.layerNormalization(channels: 7)]) && !valid([.meanOverSteps(channels: 0)]))
  }

  @Test func namesFindHeads() throws {
    let ensemble = Ensemble.random(.small, count: 1, seed: 1)
    #expect(try ensemble.head("survival") == 1)
    #expect(throws: NetworkError.unknownHead) { try ensemble.head("x") }
  }
}
