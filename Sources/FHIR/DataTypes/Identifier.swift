// SPDX-License-Identifier: Apache-2.0

/// A business identifier (R4 datatypes.html#Identifier).
package struct Identifier: Sendable {
  /// The element.
  package let node: Node

  package init(_ node: Node) { self.node = node }

  /// The namespace of the value.
  package var system: String? { node["system"]?.string }
  /// The value, unique in its namespace.
  package var value: String? { node["value"]?.string }
}
