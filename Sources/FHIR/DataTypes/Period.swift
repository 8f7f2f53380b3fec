// SPDX-License-Identifier: Apache-2.0

/// A span of time, open where an end is missing (R4 datatypes.html#Period).
package struct Period: Sendable {
  /// The element.
  package let node: Node

  package init(_ node: Node) { self.node = node }

  /// When it starts; nil where it is not known.
  package var start: DateTime? { node["start"]?.dateTime }
  /// When it ends; nil where it goes on or is not known.
  package var end: DateTime? { node["end"]?.dateTime }
}
