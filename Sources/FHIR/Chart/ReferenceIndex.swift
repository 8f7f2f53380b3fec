// SPDX-License-Identifier: Apache-2.0

/// Finds the resources that references name: contained, by `fullUrl` (also `urn:uuid:` and `urn:oid:`), absolute and
/// relative, versioned or not. A reference to a version finds the version that is held.
package struct ReferenceIndex: Sendable {
  private let chart: Chart
  // Positions by the hash of the fullUrl, -1 where free, in an open-addressed table at most half full; made when the
  // first reference asks for a fullUrl, which most never do.
  private var slots: [Int32] = []

  private var table: ResourceTable { chart.table }

  init(_ chart: Chart) { self.chart = chart }

  private mutating func fillSlots() {
    let held = chart.own + chart.shared  // the patient's own come first where two have one fullUrl
    var size = 16
    while size < held.count * 2 { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
    for position in held {
      guard let url = table.resources[Int(position)].fullURL else { continue }
      let slot = slot(of: url)
      if slots[slot] < 0 { slots[slot] = position }
    }
  }

  /// The slot of a fullUrl, or the free one where it belongs.
  private func slot(of url: TextSlice) -> Int {
    var slot = Int(truncatingIfNeeded: url.hash64) & (slots.count - 1)
    while slots[slot] >= 0, table.resources[Int(slots[slot])].fullURL != url { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private mutating func resource(at url: TextSlice) -> Node? {
    if slots.isEmpty { fillSlots() }
    let position = slots[slot(of: url)]
    return position < 0 ? nil : table.node(table.resources[Int(position)])
  }

  /// The resource that `reference` names, or nil when it is not here or more than one may be meant.
  ///
  /// - Parameter resource: the outermost resource that holds the reference, for its contained resources and its server.
  package mutating func resolve(_ reference: Reference, in resource: Node) -> Node? {
    guard let text = reference.node["reference"].flatMap(TextSlice.init) else { return nil }
    switch Locator(text) {
    case .contained(let id):
      if id.count == 0 { return resource }
      return resource.elements("contained").first { $0["id"].flatMap(TextSlice.init) == id }
    case .urn, .other:
      return self.resource(at: text)
    case .resource(let base, let type, let id, _):
      if base != nil, let node = self.resource(at: text) { return node }
      return find(type: type, id: id, base: base ?? server(of: resource)).map(table.node)
    }
  }

  private func find(type: TextSlice, id: TextSlice, base: TextSlice?) -> GatheredResource? {
    guard case .one(let position) = table.find(type: type, id: id, base: base, where: { chart.holds($0) }) else {
      return nil
    }
    return table.resources[position]
  }

  // Relative references start at the server of the resource that holds them (R4 bundle.html#references).
  private func server(of resource: Node) -> TextSlice? {
    guard let type = resource["resourceType"].flatMap(TextSlice.init), let id = resource["id"].flatMap(TextSlice.init)
    else { return nil }
    return find(type: type, id: id, base: nil)?.base
  }
}
