// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

@Suite struct DropoutTests {
  /// A linear network that starts as y = x₀ + … + x₃ and is trained at rate 0, so that only its loss shows the masks.
  @Test func unitDropoutKeepsTheMeanAndRemovesTheShare() throws {
    var random = RandomSource(seed: 1)
    var mask = [Float](repeating: 7, count: 100_003)
    Kernels.fastest.dropoutMask(&mask, rate: 0.3, from: &random)
    let removed = mask.count { $0 == 0 }
    #expect(abs(Double(removed) - 30_001) < 4 * (100_003 * 0.3 * 0.7).squareRoot())
    #expect(mask.allSatisfy { $0 == 0 || $0 == 1 / (1 - Float(0.3)) })
  }

  @Test func wholeVariablesDisappearTogether() {
    let dropout = VariableDropout(maximumRate: 0.6, groups: [[0, 2], [1], []], missing: [-1, -2, -3, -4])
    var random = RandomSource(seed: 2)
    var batch = Matrix(rows: 20_000, columns: 4, repeating: 5)
    dropout.apply(to: &batch, random: &random)
    var counts = [0, 0, 0]
    for row in 0..<batch.rows {
      let values = Array(batch.row(row))
      let (first, second) = (values[0] == -1, values[1] == -2)
      #expect(values == [first ? -1 : 5, second ? -2 : 5, first ? -3 : 5, 5])
      if first { counts[0] += 1 }
      if second { counts[1] += 1 }
      if first, second { counts[2] += 1 }
    }
    // r ~ U(0, 0.6): one variable goes with probability E r = 0.3, both with E r² = 0.12 (not 0.09).
    #expect(abs(counts[0] - 6000) < 260 && abs(counts[1] - 6000) < 260)
    #expect(abs(counts[2] - 2400) < 184)
  }

  @Test func predictionIgnoresDropout() {
    let ensemble = Ensemble.random(.small, count: 1, seed: 8)
    let x = Matrix.normal(3, 9, seed: 4)
    #expect(ensemble.members[0].logits(x) == ensemble.members[0].logits(x))
  }
}
