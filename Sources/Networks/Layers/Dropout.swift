// SPDX-License-Identifier: Apache-2.0

/// Unit dropout (Srivastava et al. 2014), inverted: while training each element is zero with probability `rate` and
/// multiplied by 1/(1 − rate) otherwise; when predicting it passes unchanged.
package struct Dropout: Operation {
  let input: Int
  let output: Int
  let rate: Float

  var inputs: [Int] { [input] }
  var parameters: [Int] { [] }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    guard var random = pass.random, rate > 0 else {
      pass.values[output] = pass.values[input]
      return
    }
    let x = pass.values[input]
    pass.saved[output].setRows(x.rows)
    Self.draw(&pass.saved[output].values, rate: rate, from: &random)
    Elementwise.multiply(x.values, pass.saved[output].values, into: &pass.values[output].values)
    pass.random = random
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    guard pass.needsGradient[input] else { return }
    let dy = pass.gradients[output].values
    if pass.random == nil || rate == 0 {
      Elementwise.add(dy, to: &pass.gradients[input].values)
    } else {
      Elementwise.addProduct(dy, pass.saved[output].values, to: &pass.gradients[input].values)
    }
  }

  /// Fills `mask` with 0 or 1/(1 − rate), four decisions from each 64 random bits (a rate is met to 1/65536).
  package static func draw(_ mask: inout [Float], rate: Float, from random: inout RandomSource) {
    let threshold = UInt64(rate * 65536)
    let kept = 1 / (1 - rate)
    var bits: UInt64 = 0
    for index in mask.indices {
      if index & 3 == 0 { bits = random.next() }
      mask[index] = bits & 0xFFFF < threshold ? 0 : kept
      bits &>>= 16
    }
  }
}
