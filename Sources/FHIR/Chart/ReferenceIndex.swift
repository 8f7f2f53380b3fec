// SPDX-License-Identifier: Apache-2.0

/// Finds the resources that references name: contained, by `fullUrl` (also `urn:uuid:` and `urn:oid:`), absolute and
/// relative, versioned or not. A reference to a version finds the version that is held.
package struct ReferenceIndex: Sendable {
  private var table = ResourceTable()
  private var byURL: [TextSlice: Int] = [:]

  init(_ resources: some Sequence<GatheredResource>) {
    for resource in resources {
      if let url = resource.fullURL, byURL[url] == nil { byURL[url] = table.resources.count }
      table.append(resource)
    }
  }

  /// The resource that `reference` names, or nil when it is not here or more than one may be meant.
  ///
  /// - Parameter resource: the outermost resource that holds the reference, for its contained resources and its server.
  package func resolve(_ reference: Reference, in resource: Node) -> Node? {
    guard let text = reference.node["reference"].flatMap(TextSlice.init) else { return nil }
    switch Locator(text) {
    case .contained(let id):
      if id.count == 0 { return resource }
      return resource.elements("contained").first { $0["id"].flatMap(TextSlice.init) == id }
    case .urn, .other:
      return byURL[text].map { table.resources[$0].node }
    case .resource(let base, let type, let id, _):
      if let position = byURL[text] { return table.resources[position].node }
      guard case .one(let position) = table.find(type: type, id: id, base: base ?? server(of: resource)) else {
        return nil
      }
      return table.resources[position].node
    }
  }

  // Relative references start at the server of the resource that holds them (R4 bundle.html#references).
  private func server(of resource: Node) -> TextSlice? {
    guard let type = resource["resourceType"].flatMap(TextSlice.init), let id = resource["id"].flatMap(TextSlice.init),
      case .one(let position) = table.find(type: type, id: id, base: nil)
    else { return nil }
    return table.resources[position].base
  }
}
