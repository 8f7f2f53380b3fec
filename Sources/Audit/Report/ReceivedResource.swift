// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A resource that came for an answer, and under which key of a prefetch template.
struct ReceivedResource {
  /// How it came: with the call, or fetched for it from the client's FHIR server.
  enum Origin: String { case sent, fetched }

  /// What features call a resource: `Observation/17` or, where it has no id, its path; and its version.
  struct Name: Hashable {
    let resource: String
    let version: String?

    /// What a resource contains is named behind it; an id that is none, with such a sign, is cut in the same way wherever it stands.
    init(_ resource: String, _ version: String?) {
      self.resource = String(resource.prefix { $0 != "#" })
      self.version = version
    }

    /// Whether it is a path, in which there is no type before an id.
    var isPath: Bool { !resource.contains("/") }
  }

  /// Types that an answer reads besides values: the patient's age and death, the stay and the unit, the orders in place. A record does not
  /// say which of them it was.
  static let readOtherwise: Set<String> = [
    "Patient", "Encounter", "Location", "ServiceRequest", "ProcedureRequest", "MedicationRequest",
  ]

  /// The key; empty outside prefetch.
  let key: String
  /// The type. What is none of FHIR's, or not of our templates, was named by the client and may name a patient as well.
  let type: String
  /// Bytes of its text.
  let bytes: Int
  /// Its type and id, and its version; nil where it has no id.
  private let identity: Name?
  private let node: Node

  private init(_ node: Node, type: String, _ key: String) {
    self.key = key
    let isKnown = ElementTable.r4Table.resource(named: type) != nil || Self.readOtherwise.contains(type)
    self.type = isKnown ? type : "another type"
    identity = node["id"]?.text.map { Name("\(type)/\($0)", node["meta"]?["versionId"]?.text) }
    bytes = node.end - node.offset
    self.node = node
  }

  /// What features call it; nil where it has no id and none of them is called by a path, which is searched for from the root.
  func name(orPath: Bool) -> Name? {
    identity ?? (orPath ? Name(node.path, node["meta"]?["versionId"]?.text) : nil)
  }

  /// Adds the resource that a value is, or those that it holds.
  fileprivate static func gather(_ value: Node, _ key: String, into found: inout [ReceivedResource]) {
    // Clients of before 2018 put it into a wrapper.
    let node = value.resourceType == nil ? value["resource"] ?? value : value
    guard let type = node.resourceType else { return }
    switch type {
    case "Bundle":
      for entry in node.elements("entry") {
        if let resource = entry["resource"] { gather(resource, key, into: &found) }
      }
    case "Parameters":
      for parameter in node.elements("parameter") {
        if let resource = parameter["resource"] { gather(resource, key, into: &found) }
      }
    default: found.append(ReceivedResource(node, type: type, key))
    }
  }
}

extension AuditPayload {
  /// The resources of the request, in their order; nil where it cannot be taken apart, such as a chart in XML.
  var sent: [ReceivedResource]? {
    guard let root = Self.root(of: request), root.kind == .object else { return nil }
    var found: [ReceivedResource] = []
    if root.isResource("Bundle") { ReceivedResource.gather(root, "", into: &found) }
    for value in (root["prefetch"]?.children).map(Array.init) ?? [] {
      ReceivedResource.gather(value, value.publicName ?? "another key", into: &found)
    }
    return found
  }

  /// The resources of what was fetched for the request, in their order; nil where it cannot be taken apart or nothing was.
  var fetchedResources: [ReceivedResource]? {
    guard let fetched, let root = Self.root(of: fetched), root.kind == .object else { return nil }
    var found: [ReceivedResource] = []
    for value in root.children {
      for page in value.children {
        ReceivedResource.gather(page, value.publicName ?? "another key", into: &found)
      }
    }
    return found
  }

  fileprivate static func root(of json: [UInt8]) -> Node? {
    try? Document(json, syntax: .json, limits: .files).root
  }
}

/// What the models of an answer read, as its features say.
struct ReadResources {
  /// Resources of which a model took a value into its timeline, whether or not a column was computed from it.
  var names: Set<ReceivedResource.Name> = []
  /// Whether any of them has no id.
  private(set) var hasPaths = false
  /// Whether every model was asked. One that abstained or was stopped names nothing: what it would have read nobody can say.
  let isOfAllModels: Bool

  /// - Returns: nil where the features cannot be read.
  init?(features: [UInt8]) {
    // Who sends features for inference sends no chart.
    guard !features.isEmpty else {
      isOfAllModels = false
      return
    }
    guard let root = AuditPayload.root(of: features), root.kind == .array else { return nil }
    isOfAllModels = root.count > 0 && root.children.allSatisfy { $0.has("sources") }
    for model in root.children {
      for source in model.elements("sources") {
        guard let resource = source["resource"]?.text else { continue }
        let name = ReceivedResource.Name(resource, source["version"]?.text)
        if name.isPath { hasPaths = true }
        names.insert(name)
      }
    }
  }
}
