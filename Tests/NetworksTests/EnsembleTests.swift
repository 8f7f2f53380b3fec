// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

@Suite struct EnsembleTests {
  /// Patient by patient or all at once: the same bits.
  @Test(arguments: [1, 2, 3, 4, 5, 9, 64], [NetworkArchitecture.small, .hybrid, .convolutional])
  func batchSizeDoesNotChangeTheBits(_ size: Int, _ architecture: NetworkArchitecture) {
    let ensemble = Ensemble.random(architecture, count: 3, seed: 1)
    let x = Matrix.normal(67, architecture.inputs, seed: 2)
    let whole = ensemble.logits(x)
    for start in stride(from: 0, to: 67, by: size) {
      let rows = start..<min(start + size, 67)
      for (part, all) in zip(ensemble.logits(x.gathering(rows)), whole) {
        for head in 0..<2 { #expect(part[head].bits == all[head].gathering(rows).bits) }
      }
    }
  }

  /// Rows that share steps with the first of their batch, from the beginning or in the middle: the bits they have alone.
  @Test(arguments: [NetworkArchitecture.hybrid, .convolutional])
  func sharedStepsDoNotChangeTheBits(_ architecture: NetworkArchitecture) {
    let ensemble = Ensemble.random(architecture, count: 2, seed: 6)
    let first = Matrix.normal(1, architecture.inputs, seed: 7).values
    var rows = first
    for changed in [[], [0], [27], [20, 29], [13], [7, 8], [26]] {
      var row = first
      for column in changed where column < row.count { row[column] += 1 }
      rows += row
    }
    let x = Matrix(rows: 8, columns: architecture.inputs, values: rows)
    for (together, member) in zip(ensemble.logits(x), ensemble.members) {
      for row in 0..<8 {
        let alone = member.logits(x.gathering([row]))
        for head in 0..<2 { #expect(alone[head].bits == together[head].gathering([row]).bits) }
      }
    }
  }

  /// Rows that begin as the first of their batch does share its sums up to where they part: the bits they have alone.
  @Test(arguments: [UInt64(1), 2])
  func sharedSumsDoNotChangeTheBits(_ seed: UInt64) {
    let architecture = NetworkArchitecture(
      inputs: 300, trunk: [.dense(outputs: 37), .silu, .dense(outputs: 20)], heads: [Head(name: "y", kind: .sigmoid)])
    let ensemble = Ensemble.random(architecture, count: 2, seed: seed)
    // As a chart is: most of it zero.
    let first = Matrix.normal(1, 300, seed: seed + 7).values.enumerated().map { $0 % 3 == 0 ? $1 : 0 }
    var rows = first
    for changed in [[299], [], [150, 151], [64], [128, 290], [63], [], [200], [250], [0]] {
      var row = first
      for column in changed { row[column] += 1 }
      rows += row
    }
    let x = Matrix(rows: 11, columns: 300, values: rows)
    for (together, member) in zip(ensemble.logits(x), ensemble.members) {
      for row in 0..<11 {
        #expect(member.logits(x.gathering([row]))[0].bits == together[0].gathering([row]).bits)
        #expect(member.logits(x.gathering([row]), kernels: .reference)[0].bits == together[0].gathering([row]).bits)
      }
    }
  }

  @Test func meanIsTheMeanOfTheMembers() {
    let ensemble = Ensemble.random(.small, count: 4, seed: 1)
    let x = Matrix.normal(5, 9, seed: 2)
    let (members, mean) = (ensemble.logits(x), ensemble.meanLogits(x, head: 1))
    for index in 0..<15 {
      let sum = members.reduce(0.0) { $0 + Double($1[1].values[index]) }
      #expect(sum / 4 == mean[index])
    }
    #expect(members[0] != members[1] && mean.count == 15)
  }

  /// Perceptrons and recurrent networks on the same inputs, each answering as it does alone.
  @Test func membersMayDifferInTheirLayers() throws {
    let ensemble = Ensemble.mixed(seed: 7)
    let x = Matrix.normal(3, 34, seed: 2)
    let logits = ensemble.logits(x)
    for (index, member) in ensemble.members.enumerated() {
      #expect(logits[index].map(\.bits) == member.logits(x).map(\.bits))
    }
    let read = try Ensemble(SafeTensors(ensemble.safeTensors().encoded()))
    #expect(read.members.map(\.architecture) == ensemble.members.map(\.architecture))
    #expect(read.meanLogits(x, head: 1) == ensemble.meanLogits(x, head: 1))
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func integratedGradientsAreComplete(_ seed: UInt64) {
    let ensemble = Ensemble.random(.small, count: 3, seed: seed)
    let x = Matrix.normal(1, 9, seed: seed + 10).values.map { 2 * $0 }
    let baseline = Matrix.normal(1, 9, seed: seed + 20).values
    let asked = [LogitIndex(head: 0), LogitIndex(head: 1, output: 2)]
    let results = ensemble.integratedGradients(x, baseline: baseline, of: asked)
    for (logit, result) in zip(asked, results) {
      #expect(result.completenessGap < 2e-5)
      let means = [x, baseline].map { ensemble.meanLogits(Matrix(row: $0), head: logit.head)[logit.output] }
      #expect([result.logit, result.baselineLogit] == means)
      // One question alone has the same answer as one of several.
      #expect(ensemble.integratedGradients(x, baseline: baseline, of: [logit]) == [result])
    }
    #expect(results[0] != results[1])
    let same = ensemble.integratedGradients(x, baseline: x, of: asked)
    #expect(same.allSatisfy { $0.contributions.allSatisfy { $0 == 0 } && $0.completenessGap < 1e-9 })
  }

  /// Each contribution is the mean slope over 2,000 points of the path, by central differences, times the input.
  @Test func integratedGradientsAreTheIntegral() {
    let network = Ensemble.random(.small, count: 1, seed: 9).members[0]
    let (x, origin) = (Matrix.normal(1, 9, seed: 1).values, [Float](repeating: 0, count: 9))
    let result = Ensemble([network]).integratedGradients(x, baseline: origin, of: [LogitIndex(head: 0)])[0]
    let steps = 2000
    let path = (0..<steps).flatMap { step in x.map { $0 * (Float(step) + 0.5) / Float(steps) } }
    for column in 0..<9 {
      var moved = path
      var lowered = path
      for step in 0..<steps {
        moved[step * 9 + column] += 0.01
        lowered[step * 9 + column] -= 0.01
      }
      let up = network.logits(Matrix(rows: steps, columns: 9, values: moved))[0].values
      let down = network.logits(Matrix(rows: steps, columns: 9, values: lowered))[0].values
      let slope = zip(up, down).reduce(0.0) { $0 + Double($1.0 - $1.1) / 0.02 } / Double(steps)
      #expect(abs(slope * Double(x[column]) - result.contributions[column]) < 1e-3)
    }
  }

  /// For a linear network the contribution of an input is exactly its weight times its difference.
  @Test func attributionOfALinearNetwork() throws {
    let architecture = NetworkArchitecture(inputs: 4, trunk: [], heads: [Head(name: "y", kind: .linear)])
    let ensemble = Ensemble.random(architecture, count: 1, seed: 3)
    let weights = try #require(try ensemble.safeTensors().tensors.first { $0.name.hasSuffix("y.weight") }).values
    let result = ensemble.integratedGradients([1, 2, 3, 4], baseline: [0, 1, 5, 4], of: [LogitIndex(head: 0)])[0]
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
    let result = ensemble.integratedGradients(x, baseline: x.map { _ in 0 }, of: [LogitIndex(head: 0)])[0]
    #expect(result.completenessGap < 2e-5 && result.contributions.allSatisfy(\.isFinite))
    #expect(result.contributions.count { $0 != 0 } > architecture.inputs / 2)
  }

  /// Recurrent networks with large weights bend sharply along the path: eight points do not do, halving does.
  @Test(arguments: [Float(3), 8])
  func attributionsOfSteepNetworksAreComplete(_ steepness: Float) throws {
    var file = try Ensemble.mixed(seed: 11).safeTensors()
    file.tensors = file.tensors.map { tensor in
      let isHead = tensor.name.contains("heads")
      return .init(
        name: tensor.name, shape: tensor.shape, values: isHead ? tensor.values : tensor.values.map { $0 * steepness })
    }
    let ensemble = try Ensemble(file)
    for seed in 0..<UInt64(5) {
      let x = Matrix.normal(1, 34, seed: seed).values.map { abs($0) * 2 }
      for result in ensemble.integratedGradients(
        x, baseline: x.map { _ in 0 }, of: [LogitIndex(head: 0), LogitIndex(head: 1, output: 1)])
      {
        #expect(result.completenessGap < 1e-4)
      }
    }
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
