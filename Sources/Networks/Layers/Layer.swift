// SPDX-License-Identifier: Apache-2.0

/// One layer of a network, as a person writes it down; `NetworkPlan` turns a list of them into operations.
///
/// A time series is a row of steps, each of as many columns as it has channels; the layers that look at steps are told
/// the number of channels, and the number of steps follows.
package enum Layer: Codable, Sendable, Equatable {
  /// y = x·W + b with this many outputs.
  case dense(outputs: Int)
  /// x·sigmoid(x).
  case silu
  /// Unit dropout with this rate while training; nothing when predicting.
  case dropout(rate: Float)
  /// `count` columns from column `first` on.
  case columns(first: Int, count: Int)
  /// Several lists of layers that all read this layer's input; their outputs side by side. An empty list passes it on.
  case concatenation(branches: [[Layer]])
  /// x + body(x) (He et al. 2016); the body must keep the number of columns.
  case residual(body: [Layer])
  /// Each step to mean 0 and variance 1 over its channels, then scaled and shifted (Ba et al. 2016).
  case layerNormalization(channels: Int)
  /// Each column to mean 0 and variance 1 over the batch, by running means when predicting (Ioffe and Szegedy 2015).
  case batchNormalization
  /// Over the steps, causal: output t sees steps t, t − dilation, …, t − (width − 1)·dilation; zeros before the first.
  case convolution(channels: Int, outputs: Int, width: Int, dilation: Int)
  /// A gated recurrent unit (Cho et al. 2014) over the steps; outputs its `hidden` states of every step.
  case gru(channels: Int, hidden: Int)
  /// Steps of [value carried forward, mask, time since measured] × `variables`: the values decay towards 0 with time,
  /// each at its own learned rate (Che et al. 2018).
  case inputDecay(variables: Int)
  /// The last step.
  case lastStep(channels: Int)
  /// The mean over the steps.
  case meanOverSteps(channels: Int)
}

extension Layer {
  private static let sizes = 1...1_000_000

  /// The number of columns that come out when `inputs` go in; nil when the layer cannot take them or a number is out of
  /// its range.
  func outputs(inputs: Int) -> Int? {
    switch self {
    case .dense(let outputs):
      return Self.sizes.contains(outputs) ? outputs : nil
    case .silu, .batchNormalization:
      return inputs
    case .dropout(let rate):
      return rate >= 0 && rate < 1 ? inputs : nil
    case .columns(let first, let count):
      return first >= 0 && count > 0 && first <= inputs - count ? count : nil
    case .concatenation(let branches):
      var sum = 0
      for branch in branches {
        guard let outputs = Self.outputs(branch, inputs: inputs) else { return nil }
        sum += outputs
      }
      return Self.sizes.contains(sum) ? sum : nil
    case .residual(let body):
      return Self.outputs(body, inputs: inputs) == inputs ? inputs : nil
    case .layerNormalization(let channels):
      return Self.steps(inputs, channels).map { $0 * channels }
    case .convolution(let channels, let outputs, let width, let dilation):
      guard let steps = Self.steps(inputs, channels), (1...4096).contains(width), Self.sizes.contains(dilation),
        Self.sizes.contains(outputs)
      else { return nil }
      return Self.sizes.contains(steps * outputs) ? steps * outputs : nil
    case .gru(let channels, let hidden):
      guard let steps = Self.steps(inputs, channels), Self.sizes.contains(hidden) else { return nil }
      return Self.sizes.contains(steps * hidden) ? steps * hidden : nil
    case .inputDecay(let variables):
      return Self.sizes.contains(variables) && Self.steps(inputs, 3 * variables) != nil ? inputs : nil
    case .lastStep(let channels), .meanOverSteps(let channels):
      return Self.steps(inputs, channels) == nil ? nil : channels
    }
  }

  /// The number of columns after all `layers`; nil when one cannot take its input.
  static func outputs(_ layers: [Layer], inputs: Int) -> Int? {
    var columns = inputs
    for layer in layers {
      guard let outputs = layer.outputs(inputs: columns) else { return nil }
      columns = outputs
    }
    return columns
  }

  private static func steps(_ inputs: Int, _ channels: Int) -> Int? {
    sizes.contains(channels) && inputs > 0 && inputs.isMultiple(of: channels) ? inputs / channels : nil
  }
}
