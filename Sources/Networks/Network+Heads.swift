// SPDX-License-Identifier: Apache-2.0

// A network taken apart at the end of its trunk: what fine-tuning trains is a network of the heads alone, which reads
// what the trunk says.
extension Network {
  /// What the trunk says of rows of inputs: rows × the trunk's outputs.
  package func trunk(_ x: Matrix, kernels: Kernels = .fastest) -> Matrix {
    let body = NetworkArchitecture(inputs: architecture.inputs, trunk: architecture.trunk, heads: [])
    let plan = NetworkPlan(body)
    let network = Network(body, plan: plan, parameters: parameters(of: plan))
    var pass = network.newPass(kernels, parameterGradients: false, inputGradient: false)
    network.forward(x, &pass)
    return pass.values[plan.slots.count - 1]
  }

  /// The same network with some of its heads alone, in their order.
  ///
  /// - Throws: `unknownHead` when none of them is one of its own.
  package func keeping(heads names: Set<String>) throws(NetworkError) -> Network {
    var kept = architecture
    kept.heads.removeAll { !names.contains($0.name) }
    guard !kept.heads.isEmpty else { throw .unknownHead }
    let plan = NetworkPlan(kept)
    return Network(kept, plan: plan, parameters: parameters(of: plan))
  }

  /// The heads as a network of their own: its inputs are the trunk's outputs, its logits the whole network's, bit for bit.
  package var ownHeads: Network {
    let width = Layer.outputs(architecture.trunk, inputs: architecture.inputs) ?? architecture.inputs
    let heads = NetworkArchitecture(inputs: width, trunk: [], heads: architecture.heads)
    let plan = NetworkPlan(heads)
    return Network(heads, plan: plan, parameters: parameters(of: plan))
  }

  /// This network with the parameters of another's heads in the place of its own.
  ///
  /// - Parameter heads: `ownHeads` of this network or of `keeping(heads:)`, trained further.
  package func replacing(heads: Network) -> Network {
    var result = self
    for (shape, value) in zip(heads.plan.parameters, heads.parameters) {
      guard let place = plan.parameters.firstIndex(where: { $0.name == shape.name }) else { continue }
      precondition(plan.parameters[place].rows == shape.rows && plan.parameters[place].columns == shape.columns)
      result.parameters[place] = value
    }
    return result
  }

  /// The values of another plan's parameters, which are some of this one's by name.
  private func parameters(of other: NetworkPlan) -> [Matrix] {
    other.parameters.compactMap { shape in
      plan.parameters.firstIndex { $0.name == shape.name }.map { parameters[$0] }
    }
  }
}
