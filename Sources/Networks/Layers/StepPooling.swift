// SPDX-License-Identifier: Apache-2.0

/// One step's channels out of a row of steps: the last step's, or the mean over all.
struct StepPooling: Operation {
  let input: Int
  let output: Int
  let channels: Int
  /// Averages all steps instead of taking the last.
  let mean: Bool

  var inputs: [Int] { [input] }
  var parameters: [Int] { [] }

  /// The steps that count in a row of `columns`, and the factor of each.
  private func steps(_ columns: Int) -> (steps: Range<Int>, factor: Float) {
    let count = columns / channels
    return mean ? (0..<count, 1 / Float(count)) : (count - 1..<count, 1)
  }

  func isAffine(between ends: Matrix) -> Bool { true }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    let (steps, factor) = steps(x.columns)
    pass.values[output].setRows(x.rows)
    pass.values[output].fill(0)
    for step in steps {
      pass.values[output].addColumns(0, of: x, from: step * channels, count: channels)
    }
    if factor != 1 { Elementwise.scale(&pass.values[output].values, by: factor) }
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    guard pass.needsGradient[input] else { return }
    let dy = pass.gradients[output]
    let (steps, factor) = steps(pass.values[input].columns)
    for step in steps {
      pass.gradients[input].addColumns(step * channels, of: dy, from: 0, count: channels, times: factor)
    }
  }
}
