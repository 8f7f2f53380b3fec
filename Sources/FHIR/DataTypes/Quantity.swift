// SPDX-License-Identifier: Apache-2.0

/// A measured amount (R4 datatypes.html#Quantity).
package struct Quantity: Sendable {
  /// How the true value relates to the one given.
  package enum Comparator: String, Sendable, CaseIterable {
    case less = "<"
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case greater = ">"
    /// R5: sufficient to achieve this total.
    case sufficient = "ad"
  }

  /// The element.
  package let node: Node

  package init(_ node: Node) { self.node = node }

  /// The number, as the nearest `Double`.
  package var value: Double? { node["value"]?.double }
  /// The number as it was written, precision included.
  package var valueText: String? { node["value"]?.text }
  /// The relation of the true value to `value`; nil where they are equal. See `hasUnknownComparator`.
  package var comparator: Comparator? { node["comparator"]?.string.flatMap(Comparator.init) }
  /// Whether a comparator is given that FHIR does not define, so that the value cannot be used.
  package var hasUnknownComparator: Bool { node["comparator"] != nil && comparator == nil }
  /// The unit for people.
  package var unit: String? { node["unit"]?.string }
  /// The system of `code`.
  package var system: String? { node["system"]?.string }
  /// The unit for machines.
  package var code: String? { node["code"]?.string }
  /// The UCUM unit: `code` where the system is UCUM's.
  package var ucum: String? { node["system"]?.equals("http://unitsofmeasure.org") == true ? code : nil }
}
