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
  }

  /// Types that an answer reads besides values: the patient's age and death, the stay and the unit, the orders in place. A record does not
  /// say which of them it was.
  static let readOtherwise: Set<String> = [
    "Patient", "Encounter", "Location", "ServiceRequest", "ProcedureRequest", "MedicationRequest",
  ]

  /// How it came.
  let origin: Origin
  /// The key; empty outside prefetch.
  let key: String
  /// The type. What is none of FHIR's, or not of our templates, was named by the client and may name a patient as well.
  let type: String
  let name: Name
  /// Bytes of its text.
  let bytes: Int

  private init(_ node: Node, type: String, _ origin: Origin, _ key: String) {
    self.origin = origin
    self.key = key
    let isKnown = ElementTable.r4Table.resource(named: type) != nil || Self.readOtherwise.contains(type)
    self.type = isKnown ? type : "another type"
    let resource = node["id"]?.text.map { "\(type)/\($0)" }
    name = Name(resource: resource ?? node.path, version: node["meta"]?["versionId"]?.text)
    bytes = node.end - node.offset
  }

  /// Adds the resource that a value is, or those that it holds.
  fileprivate static func gather(
    _ value: Node, _ origin: Origin, _ key: String, into found: inout [ReceivedResource]
  ) {
    // Clients of before 2018 put it into a wrapper.
    let node = value.resourceType == nil ? value["resource"] ?? value : value
    guard let type = node.resourceType else { return }
    switch type {
    case "Bundle":
      for entry in node.elements("entry") {
        if let resource = entry["resource"] { gather(resource, origin, key, into: &found) }
      }
    case "Parameters":
      for parameter in node.elements("parameter") {
        if let resource = parameter["resource"] { gather(resource, origin, key, into: &found) }
      }
    default: found.append(ReceivedResource(node, type: type, origin, key))
    }
  }
}

extension AuditPayload {
  /// The resources of the request and of what was fetched for it, in their order. A chart in XML is not taken apart.
  var received: [ReceivedResource] {
    var found: [ReceivedResource] = []
    if let root = Self.root(of: request) {
      if root.isResource("Bundle") { ReceivedResource.gather(root, .sent, "", into: &found) }
      for value in (root["prefetch"]?.children).map(Array.init) ?? [] {
        ReceivedResource.gather(value, .sent, value.publicName ?? "another key", into: &found)
      }
    }
    if let fetched, let root = Self.root(of: fetched) {
      for value in root.children {
        for page in value.children {
          ReceivedResource.gather(page, .fetched, value.publicName ?? "another key", into: &found)
        }
      }
    }
    return found
  }

  /// The resources from which, as the features say, a value was taken.
  var sources: Set<ReceivedResource.Name> {
    var names: Set<ReceivedResource.Name> = []
    guard let root = Self.root(of: features) else { return names }
    for model in root.children {
      for source in model.elements("sources") {
        guard let resource = source["resource"]?.text else { continue }
        // What a resource contains is named behind it.
        names.insert(.init(resource: String(resource.prefix { $0 != "#" }), version: source["version"]?.text))
      }
    }
    return names
  }

  private static func root(of json: [UInt8]) -> Node? { try? Document(json, syntax: .json, limits: .files).root }
}
