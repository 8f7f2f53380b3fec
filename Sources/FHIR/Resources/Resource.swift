// SPDX-License-Identifier: Apache-2.0

/// A typed view of one kind of resource: a node, and names for what is read of it.
package protocol Resource: Sendable {
  /// The `resourceType`.
  static var type: StaticString { get }
  /// The resource.
  var node: Node { get }
  /// A view of a node known to be of this type.
  init(node: Node)
}

extension Resource {
  /// Nil when the node is no resource of this type.
  package init?(_ node: Node) {
    guard node.isResource(Self.type) else { return nil }
    self.init(node: node)
  }

  /// The logical id.
  package var id: String? { node["id"]?.string }
  /// `Type/id`, or nil without an id.
  package var literal: String? { id.map { "\(Self.type)/\($0)" } }
  /// The version of the resource.
  package var versionID: String? { node["meta"]?["versionId"]?.string }
  /// When this version was stored.
  package var lastUpdated: DateTime? { node["meta"]?["lastUpdated"]?.dateTime }
  /// Business identifiers.
  package var identifiers: [Identifier] { node.elements("identifier").map(Identifier.init) }
}
