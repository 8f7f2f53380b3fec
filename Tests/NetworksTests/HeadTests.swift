// SPDX-License-Identifier: Apache-2.0
import Networks
import Testing

@Suite struct HeadTests {
  /// Two branches, the first of inputs 0 to 3 alone; `deaf` reads the first branch, `all` both.
  private let architecture = NetworkArchitecture(
    inputs: 6,
    trunk: [
      .concatenation(branches: [
        [.columns(first: 0, count: 4), .dense(outputs: 3), .silu], [.dense(outputs: 5), .silu],
      ])
    ],
    heads: [
      Head(name: "deaf", kind: .sigmoid, layers: [.columns(first: 0, count: 3)]), Head(name: "all", kind: .sigmoid),
    ])

  @Test func aHeadThatReadsOneBranchIsDeafToTheOthersInputs() {
    let ensemble = Ensemble.random(architecture, count: 2, seed: 3)
    let x = Matrix.normal(20, 6, seed: 4)
    var changed = x
    for row in 0..<x.rows { for column in 4..<6 { changed[row, column] += 3 } }
    for (before, after) in zip(ensemble.logits(x), ensemble.logits(changed)) {
      #expect(before[0].bits == after[0].bits)
      #expect(zip(before[1].bits, after[1].bits).allSatisfy { $0 != $1 })
    }
  }

  @Test func layersOfAHeadSurviveTheWeightFile() throws {
    let ensemble = Ensemble.random(architecture, count: 1, seed: 5)
    let read = try Ensemble(try ensemble.safeTensors())
    #expect(read.members[0].architecture == architecture)
    #expect(
      read.logits(Matrix.normal(3, 6, seed: 6))[0].map(\.bits)
        == ensemble.logits(Matrix.normal(3, 6, seed: 6))[0].map(\.bits))
  }

  @Test func aHeadMayNotReadColumnsThatAreNotThere() {
    var broken = architecture
    #expect(broken.isValid)
    broken.heads[0].layers = [.columns(first: 7, count: 2)]
    #expect(!broken.isValid)
  }
}
