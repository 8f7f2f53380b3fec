// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
import FHIR
import Features

/// A request of the Open Inference Protocol v2 (`POST /v2/models/{name}/infer`), read for one model.
///
///     {"inputs": [{"name": "features", "shape": [1, 3], "datatype": "FP32", "data": [36.6, null, 80]},
///                 {"name": "hour", "shape": [1, 1], "datatype": "FP64", "data": [12]}]}
///
/// Data is flat or nested in row-major order. What was not measured is `null` or "NaN".
package struct InferenceRequest: Sendable {
  /// The caller's id of the request, given back.
  package let id: String?
  /// The patient, where the caller says whose features they are; for the record.
  package let patientID: String?
  /// The rows.
  package let rows: [FeatureRow]
  /// The outputs that are asked for; all when nil.
  package let outputs: [String]?

  /// The most rows of one request.
  package static let mostRows = 1024

  /// Reads a body.
  ///
  /// - Throws: `CDSHooksError` with the place: `malformedJSON`, `missingMember`, `mistypedMember`, `tooLarge`.
  package init(_ bytes: [UInt8], for package: ModelPackage) throws(CDSHooksError) {
    let root: Node
    do {
      root = try Document(bytes, syntax: .json).root
    } catch {
      throw CDSHooksError(error)
    }
    guard root.kind == .object else { throw CDSHooksError(.notAnObject) }
    guard root["id"].map({ $0.kind == .string }) ?? true else { throw CDSHooksError(.mistypedMember, path: "id") }
    id = root["id"]?.string
    patientID = root["parameters"]?["patient"]?.string
    guard let inputs = root["inputs"], inputs.kind == .array else {
      throw CDSHooksError(.missingMember, path: "inputs")
    }
    let columns = package.profile.columns.count
    let outcomes = package.predictors.count
    var tensors: [String: InferenceTensor] = [:]
    for (index, node) in inputs.children.enumerated() {
      let path = "inputs[\(index)]"
      guard let name = node["name"]?.string else { throw CDSHooksError(.missingMember, path: "\(path).name") }
      let width: Int
      switch name {
      case "features": width = columns
      case "hour": width = 1
      case "absent": width = outcomes
      default: throw CDSHooksError(.mistypedMember, path: "\(path).name", offset: node.offset)
      }
      guard tensors[name] == nil else {
        throw CDSHooksError(.mistypedMember, path: "\(path).name", offset: node.offset)
      }
      tensors[name] = try InferenceTensor(node, width: width, isBoolean: name == "absent", at: path)
    }
    guard let features = tensors["features"] else { throw CDSHooksError(.missingMember, path: "inputs.features") }
    guard let hours = tensors["hour"] else { throw CDSHooksError(.missingMember, path: "inputs.hour") }
    let absent = tensors["absent"]
    let count = features.rows
    guard hours.rows == count, absent.map({ $0.rows == count }) ?? true else {
      throw CDSHooksError(.mistypedMember, path: "inputs.shape")
    }
    guard count <= Self.mostRows else { throw CDSHooksError(.tooLarge, path: "inputs.shape") }
    var rows: [FeatureRow] = []
    for row in 0..<count {
      let hour = hours.values[row]
      guard hour.isFinite else { throw CDSHooksError(.mistypedMember, path: "inputs.hour") }
      rows.append(
        FeatureRow(
          values: features.values[(row * columns)..<((row + 1) * columns)].map { Float($0) }, hour: hour,
          isAbsent: absent.map { $0.values[(row * outcomes)..<((row + 1) * outcomes)].map { $0 == 1 } }))
    }
    self.rows = rows
    outputs = try Self.outputs(root["outputs"])
  }

  private static func outputs(_ node: Node?) throws(CDSHooksError) -> [String]? {
    guard let node else { return nil }
    guard node.kind == .array else { throw CDSHooksError(.mistypedMember, path: "outputs", offset: node.offset) }
    var names: [String] = []
    for (index, output) in node.children.enumerated() {
      guard let name = output["name"]?.string, InferenceAnswer.outputs.contains(where: { $0.name == name }) else {
        throw CDSHooksError(.mistypedMember, path: "outputs[\(index)].name", offset: output.offset)
      }
      names.append(name)
    }
    return names.isEmpty ? nil : names
  }
}

/// A tensor of numbers or booleans, two-dimensional.
struct InferenceTensor {
  let rows: Int
  /// Row after row; not a number for `null`, 1 and 0 for booleans.
  private(set) var values: [Double] = []

  init(_ node: Node, width: Int, isBoolean: Bool, at path: String) throws(CDSHooksError) {
    guard let type = node["datatype"]?.string else { throw CDSHooksError(.missingMember, path: "\(path).datatype") }
    let known =
      isBoolean ? ["BOOL"] : ["FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"]
    guard known.contains(type) else { throw CDSHooksError(.mistypedMember, path: "\(path).datatype") }
    guard let shape = node["shape"], shape.kind == .array else {
      throw CDSHooksError(.missingMember, path: "\(path).shape")
    }
    let sizes = shape.children.compactMap { $0.kind == .number ? $0.text.flatMap { Int($0) } : nil }
    // A vector of one number a row may be written without its second dimension.
    let isFlat = width == 1 && sizes.count == 1 && shape.count == 1
    guard isFlat || (sizes.count == 2 && shape.count == 2 && sizes[1] == width), sizes[0] >= 1,
      sizes[0] <= 1 << 20
    else { throw CDSHooksError(.mistypedMember, path: "\(path).shape", offset: shape.offset) }
    rows = sizes[0]
    guard let data = node["data"], data.kind == .array else {
      throw CDSHooksError(.missingMember, path: "\(path).data")
    }
    try read(data, isBoolean: isBoolean, at: "\(path).data", depth: 0)
    guard values.count == rows * width else {
      throw CDSHooksError(.mistypedMember, path: "\(path).data", offset: data.offset)
    }
  }

  private mutating func read(
    _ node: Node, isBoolean: Bool, at path: String, depth: Int
  ) throws(CDSHooksError) {
    for child in node.children {
      switch child.kind {
      case .array where depth < 1: try read(child, isBoolean: isBoolean, at: path, depth: depth + 1)
      case .number where !isBoolean:
        guard let value = child.text.flatMap(Double.init), value.isFinite else {
          throw CDSHooksError(.mistypedMember, path: path, offset: child.offset)
        }
        values.append(value)
      case .boolean where isBoolean: values.append(child.boolean == true ? 1 : 0)
      case .null where !isBoolean: values.append(.nan)
      case .string where !isBoolean && child.isString("NaN"): values.append(.nan)
      default: throw CDSHooksError(.mistypedMember, path: path, offset: child.offset)
      }
    }
  }
}
