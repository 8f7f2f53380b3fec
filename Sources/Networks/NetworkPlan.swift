// SPDX-License-Identifier: Apache-2.0

/// A network's parameter before it has a value: its name in the weight file and its shape.
struct ParameterShape: Sendable, Equatable {
  let name: String
  let rows: Int
  let columns: Int
  /// Weight matrices (inputs × outputs) decay under AdamW and stand transposed in files; biases and scales do neither.
  let isMatrix: Bool
  /// The initial values are uniform in ±bound, plus `offset`.
  let bound: Float
  let offset: Float

  /// A weight matrix.
  static func matrix(_ name: String, _ rows: Int, _ columns: Int, bound: Float) -> ParameterShape {
    ParameterShape(name: name, rows: rows, columns: columns, isMatrix: true, bound: bound, offset: 0)
  }

  /// A vector.
  static func vector(_ name: String, _ columns: Int, bound: Float = 0, offset: Float = 0) -> ParameterShape {
    ParameterShape(name: name, rows: 1, columns: columns, isMatrix: false, bound: bound, offset: offset)
  }
}

/// A network's architecture worked out into operations over numbered slots; slot 0 is the input.
///
/// Parameters have the names and initial distributions of PyTorch's layers (He et al. 2015 with a = √5: uniform in
/// ±1/√inputs for dense layers and convolutions, ±1/√hidden for a GRU).
struct NetworkPlan: Sendable {
  private(set) var operations: [any Operation] = []
  private(set) var parameters: [ParameterShape] = []
  /// Columns of each slot.
  private(set) var slots: [Int]
  /// The slot of each head's logits.
  private(set) var heads: [Int] = []

  init(_ architecture: NetworkArchitecture) {
    slots = [architecture.inputs]
    let end = append(architecture.trunk, reading: 0, name: "trunk")
    for head in architecture.heads {
      let own = append(head.layers ?? [], reading: end, name: "heads.\(head.name).layers")
      heads.append(appendDense(head.outputs, reading: own, name: "heads.\(head.name)", bias: head.initialBias))
    }
  }

  /// Which slots need a gradient: those behind a parameter, and all if the input's is wanted.
  func gradientNeeds(parameters: Bool, input: Bool) -> [Bool] {
    var needs = [Bool](repeating: false, count: slots.count)
    needs[0] = input
    for operation in operations {
      needs[operation.output] =
        (parameters && !operation.parameters.isEmpty) || operation.inputs.contains { needs[$0] }
    }
    return needs
  }

  private mutating func append(_ layers: [Layer], reading first: Int, name: String) -> Int {
    var slot = first
    for (index, layer) in layers.enumerated() {
      slot = append(layer, reading: slot, name: "\(name).\(index)")
    }
    return slot
  }

  private mutating func append(_ layer: Layer, reading input: Int, name: String) -> Int {
    switch layer {
    case .dense(let outputs):
      return appendDense(outputs, reading: input, name: name)
    case .silu:
      return append(slots[input]) { SiLU(input: input, output: $0) }
    case .dropout(let rate):
      return append(slots[input]) { Dropout(input: input, output: $0, rate: rate) }
    case .columns(let first, let count):
      return append(count) { Columns(sources: [.init(slot: input, first: first, count: count)], output: $0) }
    case .concatenation(let branches):
      let ends = branches.enumerated().map { append($1, reading: input, name: "\(name).branches.\($0)") }
      let sources = ends.map { Columns.Source(slot: $0, first: 0, count: slots[$0]) }
      return append(sources.reduce(0) { $0 + $1.count }) { Columns(sources: sources, output: $0) }
    case .residual(let body):
      let end = append(body, reading: input, name: "\(name).body")
      return append(slots[input]) { Addition(inputs: [input, end], output: $0) }
    case .layerNormalization(let channels):
      let scale = newParameter(.vector("\(name).weight", channels, offset: 1))
      let shift = newParameter(.vector("\(name).bias", channels))
      return append(slots[input]) {
        LayerNormalization(input: input, output: $0, channels: channels, scale: scale, shift: shift)
      }
    case .batchNormalization:
      return appendBatchNormalization(reading: input, name: name)
    case .convolution(let channels, let outputs, let width, let dilation):
      let bound = 1 / Float(width * channels).squareRoot()
      let weight = newParameter(.matrix("\(name).weight", width * channels, outputs, bound: bound))
      let bias = newParameter(.vector("\(name).bias", outputs, bound: bound))
      return append(slots[input] / channels * outputs) {
        Convolution(
          input: input, output: $0, channels: channels, outputs: outputs, width: width, dilation: dilation,
          weight: weight, bias: bias)
      }
    case .gru(let channels, let hidden):
      return appendGRU(channels, hidden, reading: input, name: name)
    case .inputDecay(let variables):
      let rate = newParameter(.vector("\(name).rate", variables, offset: 1))
      return append(slots[input]) { InputDecay(input: input, output: $0, variables: variables, rate: rate) }
    case .lastStep(let channels):
      return append(channels) { StepPooling(input: input, output: $0, channels: channels, mean: false) }
    case .meanOverSteps(let channels):
      return append(channels) { StepPooling(input: input, output: $0, channels: channels, mean: true) }
    }
  }

  /// A head's biases start at its own value.
  private mutating func appendDense(_ outputs: Int, reading input: Int, name: String, bias: Float? = nil) -> Int {
    let inputs = slots[input]
    let bound = 1 / Float(inputs).squareRoot()
    let weight = newParameter(.matrix("\(name).weight", inputs, outputs, bound: bound))
    let biasIndex = newParameter(.vector("\(name).bias", outputs, bound: bias == nil ? bound : 0, offset: bias ?? 0))
    return append(outputs) { Dense(input: input, output: $0, weight: weight, bias: biasIndex) }
  }

  private mutating func appendGRU(_ channels: Int, _ hidden: Int, reading input: Int, name: String) -> Int {
    let bound = 1 / Float(hidden).squareRoot()
    let inputWeight = newParameter(.matrix("\(name).weight_ih_l0", channels, 3 * hidden, bound: bound))
    let stateWeight = newParameter(.matrix("\(name).weight_hh_l0", hidden, 3 * hidden, bound: bound))
    let inputBias = newParameter(.vector("\(name).bias_ih_l0", 3 * hidden, bound: bound))
    let stateBias = newParameter(.vector("\(name).bias_hh_l0", 3 * hidden, bound: bound))
    let steps = slots[input] / channels
    let sums = append(steps * 3 * hidden) {
      Dense(input: input, output: $0, weight: inputWeight, bias: inputBias)
    }
    return append(steps * hidden) {
      GRU(input: sums, output: $0, hidden: hidden, weight: stateWeight, bias: stateBias)
    }
  }

  private mutating func appendBatchNormalization(reading input: Int, name: String) -> Int {
    let columns = slots[input]
    let scale = newParameter(.vector("\(name).weight", columns, offset: 1))
    let shift = newParameter(.vector("\(name).bias", columns))
    let mean = newParameter(.vector("\(name).running_mean", columns))
    let variance = newParameter(.vector("\(name).running_var", columns, offset: 1))
    return append(columns) {
      BatchNormalization(
        input: input, output: $0, scale: scale, shift: shift, runningMean: mean, runningVariance: variance)
    }
  }

  /// Adds an operation that writes a new slot of `columns` columns, and returns that slot.
  private mutating func append(_ columns: Int, _ operation: (_ output: Int) -> any Operation) -> Int {
    slots.append(columns)
    operations.append(operation(slots.count - 1))
    return slots.count - 1
  }

  private mutating func newParameter(_ shape: ParameterShape) -> Int {
    parameters.append(shape)
    return parameters.count - 1
  }
}
