// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

// An ensemble in one file. The metadata's `architectures` is a JSON list, one architecture a member; tensor
// `members.0.trunk.1.weight` is the weight of layer 1 of member 0's trunk. Weight matrices stand as outputs × inputs, as
// PyTorch's `Linear` has them.
extension Ensemble {
  /// The ensemble as a weight file, with further strings about it.
  package func safeTensors(metadata: [String: String] = [:]) throws(NetworkError) -> SafeTensors {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(members.map(\.architecture)) else { throw .invalidArchitecture }
    var metadata = metadata
    metadata["architectures"] = String(decoding: json, as: UTF8.self)
    var tensors: [SafeTensors.Tensor] = []
    for (index, member) in members.enumerated() {
      for (shape, matrix) in zip(member.plan.parameters, member.parameters) {
        tensors.append(shape.tensor(matrix, prefix: "members.\(index)."))
      }
    }
    return SafeTensors(tensors: tensors, metadata: metadata)
  }

  /// Reads an ensemble. The tensors must be exactly those that the architectures ask for, all their numbers finite.
  package init(_ file: SafeTensors) throws(NetworkError) {
    guard let json = file.metadata["architectures"],
      let architectures = try? JSONDecoder().decode([NetworkArchitecture].self, from: Data(json.utf8))
    else { throw .invalidArchitecture }
    guard Self.agree(architectures), architectures.allSatisfy(\.isValid) else { throw .invalidArchitecture }
    var tensors: [String: SafeTensors.Tensor] = [:]
    for tensor in file.tensors { tensors[tensor.name] = tensor }
    var members: [Network] = []
    var used = 0
    for (index, architecture) in architectures.enumerated() {
      let plan = NetworkPlan(architecture)
      var parameters: [Matrix] = []
      for shape in plan.parameters {
        guard let tensor = tensors["members.\(index).\(shape.name)"] else { throw .unexpectedTensor }
        parameters.append(try shape.matrix(tensor))
      }
      used += parameters.count
      members.append(Network(architecture, plan: plan, parameters: parameters))
    }
    guard used == file.tensors.count else { throw .unexpectedTensor }
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
