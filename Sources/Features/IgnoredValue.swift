// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A value that was read and not used.
package struct IgnoredValue: Sendable, Equatable {
  /// The Observation, or its component.
  package var node: Node
  /// The signal it would have been, when that is known.
  package var signal: String?
  /// Why.
  package var reason: Exclusion

  /// FHIRPath of the value in its document.
  package var path: String { node.path }

  package init(node: Node, signal: String? = nil, reason: Exclusion) {
    self.node = node
    self.signal = signal
    self.reason = reason
  }
}

/// The values of a chart that were read and not used, in the order in which they were met.
///
/// Kept as places in the chart, since a large record has many thousands and few are ever shown.
package struct IgnoredValues: RandomAccessCollection, Sendable {
  private struct Entry {
    /// Place in the chart's `ObservationTable`.
    let row: Int32
    let slot: Int16
    let reason: Exclusion
  }

  private var entries: [Entry] = []
  var provenance: Provenance?

  init() {}

  package var startIndex: Int { 0 }
  package var endIndex: Int { entries.count }

  package subscript(_ index: Int) -> IgnoredValue {
    let entry = entries[index]
    guard let provenance else { preconditionFailure("a list is read when the reading is over") }
    return IgnoredValue(
      node: provenance.chart.node(at: provenance.observations.rows[Int(entry.row)].place),
      signal: entry.slot < 0 ? nil : provenance.signals[Int(entry.slot)], reason: entry.reason)
  }

  /// The resource that holds a value: `Observation/123`, or the path of one without id.
  package func resource(at index: Int) -> String {
    guard let provenance else { preconditionFailure("a list is read when the reading is over") }
    return provenance.name(ofRow: entries[index].row)
  }

  mutating func append(row: Int, slot: Int?, _ reason: Exclusion) {
    entries.append(Entry(row: Int32(row), slot: Int16(slot ?? -1), reason: reason))
  }
}

extension IgnoredValues: Equatable {
  /// Whether both say the same.
  package static func == (left: IgnoredValues, right: IgnoredValues) -> Bool { left.elementsEqual(right) }
}

/// What the places kept of one reading mean.
final class Provenance: Sendable {
  let chart: Chart
  let observations: ObservationTable
  /// What is said of the conversions.
  let conversions: [String]
  /// The ids of the slots.
  let signals: [String]

  init(_ chart: Chart, _ observations: ObservationTable, conversions: [String], signals: [String]) {
    self.chart = chart
    self.observations = observations
    self.conversions = conversions
    self.signals = signals
  }

  /// The name of the resource that holds a row of the table; of a contained one behind its container's.
  func name(ofRow row: Int32) -> String {
    let place = observations.rows[Int(row)].place
    let resource = chart.resource(at: place)
    guard let container = chart.container(at: place) else { return Source.name(of: resource) }
    return "\(Source.name(of: container))#\(resource["id"]?.text ?? "")"
  }
}
