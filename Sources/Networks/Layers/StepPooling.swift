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

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    let (steps, factor) = steps(x.columns)
    pass.values[output].setRows(x.rows)
    for row in 0..<x.rows {
      for channel in 0..<channels {
        var sum: Float = 0
        for step in steps { sum += x[row, step * channels + channel] }
        pass.values[output][row, channel] = sum * factor
      }
    }
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    guard pass.needsGradient[input] else { return }
    let dy = pass.gradients[output]
    let (steps, factor) = steps(pass.values[input].columns)
    for row in 0..<dy.rows {
      for step in steps {
        for channel in 0..<channels {
          pass.gradients[input][row, step * channels + channel] += dy[row, channel] * factor
        }
      }
    }
  }
}
