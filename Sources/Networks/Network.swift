// SPDX-License-Identifier: Apache-2.0

/// A network: an architecture and the values of its parameters.
package struct Network: Sendable {
  /// The shape.
  package let architecture: NetworkArchitecture
  /// The values, in the order of the plan; weight matrices are inputs × outputs.
  var parameters: [Matrix]
  let plan: NetworkPlan

  /// A network with random initial weights drawn from `random`; the architecture must be valid.
  package init(_ architecture: NetworkArchitecture, random: inout RandomSource) {
    precondition(architecture.isValid, "the layers do not fit")
    self.architecture = architecture
    plan = NetworkPlan(architecture)
    parameters = plan.parameters.map { shape in
      var matrix = Matrix(rows: shape.rows, columns: shape.columns, repeating: shape.offset)
      if shape.bound > 0 {
        for index in matrix.values.indices { matrix.values[index] += random.uniform(-shape.bound, shape.bound) }
      }
      return matrix
    }
  }

  /// A network with given values, which must fit the plan.
  init(_ architecture: NetworkArchitecture, plan: NetworkPlan, parameters: [Matrix]) {
    self.architecture = architecture
    self.plan = plan
    self.parameters = parameters
  }

  /// The weight matrices with rows and columns exchanged, by parameter.
  var transposedMatrices: [Int: Matrix] {
    var matrices: [Int: Matrix] = [:]
    for (index, shape) in plan.parameters.enumerated() where shape.isMatrix {
      matrices[index] = parameters[index].transposed()
    }
    return matrices
  }

  /// How many numbers are learned.
  package var parameterCount: Int {
    parameters.reduce(0) { $0 + $1.values.count }
  }

  /// The logits of each head (rows × outputs) for a batch of rows × inputs. Each row's bits are the same whatever other
  /// rows are in the batch, and whatever the kernels.
  package func logits(_ x: Matrix, kernels: Kernels = .fastest) -> [Matrix] {
    var pass = newPass(kernels, parameterGradients: false, inputGradient: false)
    forward(x, &pass)
    return plan.heads.map { pass.values[$0] }
  }

  /// Working memory for batches of any number of rows.
  func newPass(_ kernels: Kernels, parameterGradients: Bool, inputGradient: Bool) -> Pass {
    let needs = plan.gradientNeeds(parameters: parameterGradients, input: inputGradient)
    let empty = plan.slots.map { Matrix(rows: 0, columns: $0) }
    return Pass(
      kernels: kernels, values: empty, gradients: empty, saved: empty, needsGradient: needs,
      parameterGradients: parameterGradients ? parameters.map { Matrix(rows: $0.rows, columns: $0.columns) } : [],
      random: nil)
  }

  /// Runs `x` forward; the results stand in `pass.values`.
  func forward(_ x: Matrix, _ pass: inout Pass) {
    precondition(x.columns == architecture.inputs, "the batch has another number of inputs")
    pass.values[0] = x
    for operation in plan.operations { operation.forward(&pass, parameters) }
  }

  /// Runs the gradients that the caller has put into the heads' slots backward.
  func backward(_ pass: inout Pass) {
    for operation in plan.operations.reversed() where pass.needsGradient[operation.output] {
      operation.backward(&pass, parameters)
    }
  }
}
