// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A value that may become a sample or a static.
struct Candidate {
  var moment: Instant
  var value: Double
  var conversion: String?
  var observation: Observation
  /// The Observation or its component that holds the value.
  var holder: Node
  /// The Coding that matched.
  var coding: Node
  /// The `value[x]`.
  var literal: Node

  /// Whether it counts rather than `other`, a value of the same slot and instant: corrected before final before
  /// preliminary, then the newest issue, the lowest resource id, the lowest value. No part depends on the order in the
  /// chart.
  func isPreferred(to other: Candidate) -> Bool {
    if rank != other.rank { return rank > other.rank }
    if issued != other.issued { return issued > other.issued }
    let (id, otherID) = (observation.id ?? "", other.observation.id ?? "")
    if id != otherID { return id < otherID }
    if value != other.value { return value < other.value }
    return holder.path < other.holder.path
  }

  private var rank: Int {
    switch observation.status {
    case .corrected, .amended, .appended: 3
    case .final: 2
    default: 1
    }
  }

  private var issued: Int64 {
    let time = observation.node["issued"]?.dateTime ?? observation.lastUpdated
    return time?.earliest.milliseconds ?? .min
  }
}

extension Source {
  init(_ candidate: Candidate, _ terminology: Terminology) {
    let literal = candidate.literal
    self.init(
      resource: Source.name(of: candidate.observation.node), version: candidate.observation.versionID,
      code: terminology.text(of: candidate.coding), value: Source.text(of: literal),
      unit: literal["code"]?.text ?? literal["unit"]?.text, instant: candidate.moment,
      conversion: candidate.conversion)
  }

  /// `Observation/123`, or the path of a resource without id.
  static func name(of resource: Node) -> String {
    guard let type = resource.resourceType, let id = resource["id"]?.text else { return resource.path }
    return "\(type)/\(id)"
  }

  /// The value as written: a number's or string's text, or the code of a concept.
  private static func text(of literal: Node) -> String {
    if let text = literal.text ?? literal["value"]?.text { return text }
    return literal.elements("coding").first?["code"]?.text ?? ""
  }
}
