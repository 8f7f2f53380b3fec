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
}

/// A network's architecture worked out into operations over numbered slots; slot 0 is the input.
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
      heads.append(appendDense(head.outputs, reading: end, name: "heads.\(head.name)", bias: head.initialBias))
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
    case .dense(let outputs): return appendDense(outputs, reading: input, name: name)
    case .silu:
      let output = newSlot(slots[input])
      operations.append(SiLU(input: input, output: output))
      return output
    case .dropout(let rate):
      let output = newSlot(slots[input])
      operations.append(Dropout(input: input, output: output, rate: rate))
      return output
    }
  }

  /// Weights and biases start uniform in ±1/√inputs (He et al. 2015 with a = √5, the usual choice for dense layers); a
  /// head's biases start at its own value.
  private mutating func appendDense(_ outputs: Int, reading input: Int, name: String, bias: Float? = nil) -> Int {
    let inputs = slots[input]
    let bound = 1 / Float(max(inputs, 1)).squareRoot()
    let weight = newParameter(
      ParameterShape(name: "\(name).weight", rows: inputs, columns: outputs, isMatrix: true, bound: bound, offset: 0))
    let biasIndex = newParameter(
      ParameterShape(
        name: "\(name).bias", rows: 1, columns: outputs, isMatrix: false, bound: bias == nil ? bound : 0,
        offset: bias ?? 0))
    let output = newSlot(outputs)
    operations.append(Dense(input: input, output: output, weight: weight, bias: biasIndex))
    return output
  }

  private mutating func newSlot(_ columns: Int) -> Int {
    slots.append(columns)
    return slots.count - 1
  }

  private mutating func newParameter(_ shape: ParameterShape) -> Int {
    parameters.append(shape)
    return parameters.count - 1
  }
}
