// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

// An ensemble in one file. The architecture is JSON in the file's metadata; tensor `members.0.trunk.1.weight` is the
// weight of layer 1 of member 0's trunk. Weight matrices stand as outputs × inputs, as PyTorch's `Linear` has them.
extension Ensemble {
  /// The ensemble as a weight file, with further strings about it.
  package func safeTensors(metadata: [String: String] = [:]) throws(NetworkError) -> SafeTensors {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(architecture) else { throw .invalidArchitecture }
    var metadata = metadata
    metadata["architecture"] = String(decoding: json, as: UTF8.self)
    metadata["members"] = String(members.count)
    var tensors: [SafeTensors.Tensor] = []
    for (index, member) in members.enumerated() {
      for (shape, matrix) in zip(member.plan.parameters, member.parameters) {
        tensors.append(shape.tensor(matrix, prefix: "members.\(index)."))
      }
    }
    return SafeTensors(tensors: tensors, metadata: metadata)
  }

  /// Reads an ensemble. The tensors must be exactly those that the architecture asks for, all their numbers finite.
  package init(_ file: SafeTensors) throws(NetworkError) {
    guard let json = file.metadata["architecture"],
      let architecture = try? JSONDecoder().decode(NetworkArchitecture.self, from: Data(json.utf8)),
      let count = file.metadata["members"].flatMap({ Int($0) }), count > 0, architecture.isValid
    else { throw .invalidArchitecture }
    let plan = NetworkPlan(architecture)
    let (expected, overflow) = count.multipliedReportingOverflow(by: plan.parameters.count)
    guard !overflow, file.tensors.count == expected else { throw .unexpectedTensor }
    var tensors: [String: SafeTensors.Tensor] = [:]
    for tensor in file.tensors { tensors[tensor.name] = tensor }
    var members: [Network] = []
    for index in 0..<count {
      var parameters: [Matrix] = []
      for shape in plan.parameters {
        guard let tensor = tensors["members.\(index).\(shape.name)"] else { throw .unexpectedTensor }
        parameters.append(try shape.matrix(tensor))
      }
      members.append(Network(architecture, plan: plan, parameters: parameters))
    }
    self.init(members)
  }
}

extension ParameterShape {
  /// The dimensions in a file.
  private var fileShape: [Int] { isMatrix ? [columns, rows] : [columns] }

  func tensor(_ matrix: Matrix, prefix: String) -> SafeTensors.Tensor {
    SafeTensors.Tensor(name: prefix + name, shape: fileShape, values: matrix.transposed().values)
  }

  func matrix(_ tensor: SafeTensors.Tensor) throws(NetworkError) -> Matrix {
    guard tensor.shape == fileShape else { throw .unexpectedTensor }
    guard tensor.values.allSatisfy(\.isFinite) else { throw .notFinite }
    return Matrix(rows: columns, columns: rows, values: tensor.values).transposed()
  }
}
