// SPDX-License-Identifier: Apache-2.0
import Features
import Networks
import Testing
import Training

@Suite struct BranchTests {
  private func encoder() throws -> InputEncoder {
    let columns = try shippedProfile("icu-diagnosis").columns
    let inputs = columns.map {
      InputEncoding.Input(column: $0.id, scale: .init(lower: 0, upper: 1, mean: 0, standardDeviation: 1))
    }
    return try #require(InputEncoder(InputEncoding(inputs: inputs, flagged: [], clip: 4), columns: columns))
  }

  /// The shipped diagnosis: what one data set alone carries does not move the heads of the other.
  @Test(arguments: [
    ("sepsis", "gcs.last", false), ("sepsis", "urine-per-kg-6", false), ("sepsis", "creatinine.maximum.48-0", false),
    ("sepsis", "spo2.last", true), ("aki", "urine-per-kg-6", true), ("aki", "spo2.last", true),
    ("respiratory-failure", "spo2.last", false), ("respiratory-failure", "pao2.last", true),
  ]) func headsAreDeafToWhatTheyNeverLearnedFrom(head: String, column: String, isHeard: Bool) throws {
    let encoder = try encoder()
    let recipe = try Synthetic.configuration("icu-diagnosis").networks[0].architecture
    let names = ["sepsis", "aki", "respiratory-failure"]
    let architecture = recipe.architecture(encoder, heads: names.map { Head(name: $0, kind: .sigmoid) })
    #expect(architecture.isValid)
    var random = RandomSource(seed: 1)
    let network = Network(architecture, random: &random)
    let place = try #require(encoder.encoding.inputs.firstIndex { $0.column == column })
    var x = Matrix(rows: 1, columns: encoder.encoding.width)
    let before = network.logits(x)
    x[0, place] = 3
    let after = network.logits(x)
    let index = try #require(names.firstIndex(of: head))
    #expect((before[index].values != after[index].values) == isHeard)
  }
}
