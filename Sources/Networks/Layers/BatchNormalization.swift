// SPDX-License-Identifier: Apache-2.0

/// Batch normalisation (Ioffe and Szegedy 2015): y = scale·(x − mean)/√(variance + 1e-5) + shift per column.
///
/// While training mean and variance are the batch's, and running ones move a tenth of the way towards them (the variance
/// with n − 1 below); when predicting the running ones are used, so that a row's answer does not depend on the others.
struct BatchNormalization: Operation {
  let input: Int
  let output: Int
  let scale: Int
  let shift: Int
  let runningMean: Int
  let runningVariance: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [scale, shift, runningMean, runningVariance] }

  private static let momentum: Float = 0.1

  func isAffine(between ends: Matrix) -> Bool { true }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input]
    pass.values[output].setRows(x.rows)
    pass.saved[output] = x
    var (means, variances) = (parameters[runningMean], parameters[runningVariance])
    for column in 0..<x.columns {
      let (mean, inverse) = moments(pass, x, column, parameters)
      for row in 0..<x.rows {
        let normal = (x[row, column] - mean) * inverse
        pass.saved[output][row, column] = normal
        pass.values[output][row, column] =
          normal * parameters[scale].values[column] + parameters[shift].values[column]
      }
      guard pass.random != nil else { continue }
      let (batchMean, variance) = Moments.raw(x.rows) { x[$0, column] }
      let unbiased = Float(variance * Double(x.rows) / Double(max(x.rows - 1, 1)))
      means.values[column] += Self.momentum * (Float(batchMean) - means.values[column])
      variances.values[column] += Self.momentum * (unbiased - variances.values[column])
    }
    if pass.random != nil {
      pass.statistics[runningMean] = means
      pass.statistics[runningVariance] = variances
    }
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let (x, dy, normal) = (pass.values[input], pass.gradients[output], pass.saved[output])
    for column in 0..<x.columns {
      if pass.needsParameterGradients {
        for row in 0..<x.rows {
          pass.parameterGradients[scale].values[column] += dy[row, column] * normal[row, column]
          pass.parameterGradients[shift].values[column] += dy[row, column]
        }
      }
      guard pass.needsGradient[input] else { continue }
      let factor = parameters[scale].values[column]
      let (_, inverse) = moments(pass, x, column, parameters)
      if pass.random == nil {
        for row in 0..<x.rows { pass.gradients[input][row, column] += dy[row, column] * factor * inverse }
      } else {
        Moments.addGradient(
          count: x.rows, inverse: inverse, slope: { dy[$0, column] * factor }, normal: { normal[$0, column] },
          add: { pass.gradients[input][$0, column] += $1 })
      }
    }
  }

  /// The mean and inverse standard deviation in use: the batch's while training, else the running ones.
  private func moments(
    _ pass: Pass, _ x: Matrix, _ column: Int, _ parameters: [Matrix]
  ) -> (mean: Float, inverse: Float) {
    if pass.random != nil { return Moments.of(x.rows) { x[$0, column] } }
    let variance = Double(parameters[runningVariance].values[column])
    return (parameters[runningMean].values[column], Float(1 / (variance + Moments.epsilon).squareRoot()))
  }
}
