// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A value that may become a sample or a static.
struct Candidate {
  let moment: Instant
  let value: Double
  /// Place in the chart's `ObservationTable`.
  let row: Int32
  /// The node of the Coding that matched.
  let coding: UInt32
  let slot: Int16
  let conversion: UnitConversions.Text
}

extension ChartReading {
  /// Whether one candidate counts rather than another of the same slot and instant: corrected before final before
  /// preliminary, then the newest issue, the lowest resource id, the lowest value. No part depends on the order in the
  /// chart.
  func isPreferred(_ left: Candidate, to right: Candidate) -> Bool {
    let (first, second) = (observation(of: left), observation(of: right))
    if first.rank != second.rank { return first.rank > second.rank }
    if first.issued != second.issued { return first.issued > second.issued }
    let (id, otherID) = (first.id ?? "", second.id ?? "")
    if id != otherID { return id < otherID }
    if left.value != right.value { return left.value < right.value }
    return holder(of: left).path < holder(of: right).path
  }

  private func observation(of candidate: Candidate) -> Observation {
    Observation(node: chart.resource(at: observations.rows[Int(candidate.row)].place))
  }

  /// The Observation or its component that holds the value.
  private func holder(of candidate: Candidate) -> Node { chart.node(at: observations.rows[Int(candidate.row)].place) }

  /// Whether the same Coding matched both.
  func isSameCode(_ left: Candidate, _ right: Candidate) -> Bool {
    let places = [left, right].map { observations.rows[Int($0.row)].place.element($0.coding) }
    return Terminology.text(of: chart.node(at: places[0])) == Terminology.text(of: chart.node(at: places[1]))
  }
}

extension Observation {
  fileprivate var rank: Int {
    switch status {
    case .corrected, .amended, .appended: 3
    case .final: 2
    default: 1
    }
  }

  fileprivate var issued: Int64 {
    let time = node["issued"]?.dateTime ?? lastUpdated
    return time?.earliest.milliseconds ?? .min
  }
}
