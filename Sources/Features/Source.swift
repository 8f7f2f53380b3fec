// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Where a value came from, as the record needs it.
package struct Source: Sendable, Equatable {
  /// `Observation/123`, or the path of a resource without id.
  package var resource: String
  /// `meta.versionId`.
  package var version: String?
  /// System and code that matched, as `system|code`.
  package var code: String
  /// The original value as written.
  package var value: String
  /// The original unit as written.
  package var unit: String?
  /// When it was measured.
  package var instant: Instant
  /// How the value was converted, as `[degF] -> Cel`; nil when its unit was canonical.
  package var conversion: String?

  package init(
    resource: String, version: String? = nil, code: String, value: String, unit: String? = nil, instant: Instant,
    conversion: String? = nil
  ) {
    self.resource = resource
    self.version = version
    self.code = code
    self.value = value
    self.unit = unit
    self.instant = instant
    self.conversion = conversion
  }
}

/// Where the values of a timeline came from, in the order in which they were taken.
///
/// Kept as places in the chart; the texts are made when they are asked for, since most never are.
package struct SourceList: RandomAccessCollection, Sendable {
  /// A value of an Observation, or a place in `texts`.
  private enum Entry {
    case candidate(Candidate)
    case text(Int)
  }

  private var entries: [Entry] = []
  private var texts: [Source] = []
  var provenance: Provenance?

  init() {}

  package var startIndex: Int { 0 }
  package var endIndex: Int { entries.count }

  package subscript(_ index: Int) -> Source {
    switch entries[index] {
    case .text(let place): return texts[place]
    case .candidate(let candidate):
      guard let provenance else { preconditionFailure("a list is read when the reading is over") }
      return Source(candidate, provenance)
    }
  }

  /// What tells the sources of one chart apart, whichever profile took them.
  package struct Key: Hashable, Sendable {
    let row: Int32
    let coding: UInt32
    let moment: Instant
    let conversion: String?
  }

  /// Two sources of one key say the same; nil where there is no key.
  package func key(at index: Int) -> Key? {
    guard case .candidate(let candidate) = entries[index], let provenance else { return nil }
    return Key(
      row: candidate.row, coding: candidate.coding, moment: candidate.moment,
      conversion: candidate.conversion < 0 ? nil : provenance.conversions[Int(candidate.conversion)])
  }

  mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

  /// Its place.
  mutating func append(_ candidate: Candidate) -> Int32 {
    entries.append(.candidate(candidate))
    return Int32(entries.count - 1)
  }

  /// Its place.
  mutating func append(_ source: Source) -> Int32 {
    entries.append(.text(texts.count))
    texts.append(source)
    return Int32(entries.count - 1)
  }
}

extension SourceList: Equatable {
  /// Whether both say the same.
  package static func == (left: SourceList, right: SourceList) -> Bool { left.elementsEqual(right) }
}

extension Source {
  fileprivate init(_ candidate: Candidate, _ provenance: Provenance) {
    let row = provenance.observations.rows[Int(candidate.row)]
    let resource = provenance.chart.resource(at: row.place)
    let coding = provenance.chart.node(at: row.place.element(candidate.coding))
    let literal = provenance.chart.node(at: row.literalPlace)
    let container = provenance.chart.container(at: row.place)
    self.init(
      resource: provenance.name(ofRow: candidate.row), version: Observation(node: container ?? resource).versionID,
      code: Terminology.text(of: coding), value: Source.text(of: literal),
      unit: literal["code"]?.text ?? literal["unit"]?.text, instant: candidate.moment,
      conversion: candidate.conversion < 0 ? nil : provenance.conversions[Int(candidate.conversion)])
  }

  /// `Observation/123`, or the path of a resource without id.
  static func name(of resource: Node) -> String {
    guard let type = resource.resourceType, let id = resource["id"]?.text else { return resource.path }
    return "\(type)/\(id)"
  }

  /// The value as written: a number's or string's text, or the code of a concept.
  private static func text(of literal: Node) -> String {
    if let text = literal.text ?? literal["value"]?.text { return text }
    if let above = literal["numerator"]?["value"]?.text, let below = literal["denominator"]?["value"]?.text {
      return "\(above):\(below)"
    }
    return literal.elements("coding").first?["code"]?.text ?? ""
  }
}
