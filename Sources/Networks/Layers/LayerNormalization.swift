// SPDX-License-Identifier: Apache-2.0

/// Layer normalisation (Ba et al. 2016): y = scale·(x − mean)/√(variance + 1e-5) + shift over the channels of each step.
struct LayerNormalization: Operation {
  let input: Int
  let output: Int
  let channels: Int
  let scale: Int
  let shift: Int

  var inputs: [Int] { [input] }
  var parameters: [Int] { [scale, shift] }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let x = pass.values[input].values
    // Saved: the normalised values, from which the derivative follows, and 1/√(variance + ε) recomputed then.
    pass.saved[output] = pass.values[input]
    pass.values[output].setRows(pass.values[input].rows)
    for start in stride(from: 0, to: x.count, by: channels) {
      let (mean, inverse) = Moments.of(channels) { x[start + $0] }
      for channel in 0..<channels {
        let normal = (x[start + channel] - mean) * inverse
        pass.saved[output].values[start + channel] = normal
        pass.values[output].values[start + channel] =
          normal * parameters[scale].values[channel] + parameters[shift].values[channel]
      }
    }
  }

  /// With n the normalised values, s = scale·dy: dx = (s − mean(s) − n·mean(s·n))/√(variance + ε).
  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let (x, dy, normal) = (pass.values[input].values, pass.gradients[output].values, pass.saved[output].values)
    for start in stride(from: 0, to: x.count, by: channels) {
      if pass.needsParameterGradients {
        for channel in 0..<channels {
          pass.parameterGradients[scale].values[channel] += dy[start + channel] * normal[start + channel]
          pass.parameterGradients[shift].values[channel] += dy[start + channel]
        }
      }
      guard pass.needsGradient[input] else { continue }
      let (_, inverse) = Moments.of(channels) { x[start + $0] }
      let scales = parameters[scale].values
      Moments.addGradient(
        count: channels, inverse: inverse, slope: { dy[start + $0] * scales[$0] }, normal: { normal[start + $0] },
        add: { pass.gradients[input].values[start + $0] += $1 })
    }
  }
}

/// Mean and inverse standard deviation of a few numbers, and the derivative of normalising by them.
enum Moments {
  /// Kept away from zero variance, as in both papers.
  static let epsilon = 1e-5

  /// The mean and 1/√(variance + ε); summed in Double in ascending order.
  static func of(_ count: Int, _ value: (Int) -> Float) -> (mean: Float, inverse: Float) {
    let (mean, variance) = raw(count, value)
    return (Float(mean), Float(1 / (variance + epsilon).squareRoot()))
  }

  /// The mean and the (biased) variance.
  static func raw(_ count: Int, _ value: (Int) -> Float) -> (mean: Double, variance: Double) {
    var (sum, squares) = (0.0, 0.0)
    for index in 0..<count { sum += Double(value(index)) }
    let mean = sum / Double(count)
    for index in 0..<count {
      let difference = Double(value(index)) - mean
      squares += difference * difference
    }
    return (mean, squares / Double(count))
  }

  /// Calls `add` with (slope − mean(slope) − normal·mean(slope·normal))·inverse for each index.
  static func addGradient(
    count: Int, inverse: Float, slope: (Int) -> Float, normal: (Int) -> Float, add: (Int, Float) -> Void
  ) {
    var (sum, product) = (0.0, 0.0)
    for index in 0..<count {
      sum += Double(slope(index))
      product += Double(slope(index)) * Double(normal(index))
    }
    let (meanSlope, meanProduct) = (Float(sum / Double(count)), Float(product / Double(count)))
    for index in 0..<count { add(index, (slope(index) - meanSlope - normal(index) * meanProduct) * inverse) }
  }
}
