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

  /// A branch reads a column whole or in its pieces, and what cannot be cut whole; a missing column moves no piece.
  @Test func branchesReadPiecesOrTheWhole() throws {
    let columns = try Array(shippedProfile("icu-diagnosis").columns.prefix(2))
    var table = FeatureTable(columns: columns)
    for row in 0..<1000 { table.append(FeatureVector(hour: 0, values: [Float(row), Float(row % 2)])) }
    let encoding = InputEncoding(
      fitting: table, rows: Array(0..<1000), leastObserved: 0.02, clip: 4, cuts: [0.25, 0.5, 0.75],
      cutColumns: Set(columns.map(\.id))
    ) { _ in false }
    // The first column whole, the second whole, the first in four pieces, the second, of two values, in one.
    let (first, second) = (columns[0].id, columns[1].id)
    #expect(encoding.inputs.map(\.column) == [first, second, first, first, first, first, second])
    #expect(encoding.inputs[2...5].map(\.scale.lower) == [5, 250, 500, 749])
    #expect(encoding.inputs[2...5].map(\.scale.upper) == [250, 500, 749, 994])
    let encoder = try #require(InputEncoder(encoding, columns: columns))
    func inputs(_ value: Float) -> [Float] { encoder.encode(FeatureVector(hour: 0, values: [value, .nan])) }
    // Between two cuts one piece moves.
    #expect(zip(inputs(300), inputs(400)).map { $0 != $1 } == [true, false, false, true, false, false, false])
    #expect(inputs(.nan) == [0, 0, 0, 0, 0, 0, 0])
    func read(_ pieces: Bool?) -> [Int] {
      Branch(heads: [], without: nil, pieces: pieces, hidden: [2], inputDropout: 0, hiddenDropout: 0).inputs(encoder)
    }
    #expect(read(nil) == [0, 1] && read(true) == [2, 3, 4, 5, 6])
  }
}
