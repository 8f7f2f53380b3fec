// SPDX-License-Identifier: Apache-2.0

/// A stay or visit (R4 and R5 encounter.html).
package struct Encounter: Resource {
  package static let type: StaticString = "Encounter"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// A place of the stay and when the patient was there.
  package struct Location: Sendable {
    /// The element.
    package let node: Node
    /// The place.
    package var location: Reference? { node.reference("location") }
    /// The kind of place (R4 `physicalType`, R5 `form`).
    package var form: CodeableConcept? { node.concept("physicalType") ?? node.concept("form") }
    /// planned, active, reserved or completed.
    package var status: String? { node["status"]?.string }
    /// When the patient was there.
    package var period: Period? { node["period"].map(Period.init) }
    /// Whether the patient is not there yet (R4 encounter-location-status), or it is modified.
    package var isExcluded: Bool {
      let isToCome = node["status"].map { $0.equals("planned") || $0.equals("reserved") } ?? false
      return isToCome || node.hasModifierExtension
    }
  }

  /// The status code: `in-progress`, `finished`, ... (R5: `completed`).
  package var status: String? { node["status"]?.string }
  /// Whether the encounter never was: entered in error, cancelled, or modified.
  package var isExcluded: Bool {
    guard let status = node["status"] else { return node.isModified }
    return status.equals("entered-in-error") || status.equals("cancelled") || node.isModified
  }
  /// The class: one Coding in STU3 and R4, CodeableConcepts in R5; all their codings.
  package var classCodings: [Coding] {
    node.elements("class").flatMap { element in
      element["coding"] == nil ? [Coding(element)] : CodeableConcept(element).codings
    }
  }
  /// The first class code, such as `IMP` or `ACUTE` of HL7's ActCode.
  package var classCode: String? { classCodings.first?.code }
  /// What kind of encounter it is.
  package var types: [CodeableConcept] { node.concepts("type") }
  /// What service it is for.
  package var serviceType: CodeableConcept? { node.concept("serviceType") }
  /// All that may name the kind of stay: the codings of class, types and service type, and the identifiers.
  package func eachKind(_ body: (Node) -> Void) {
    for element in node.elements("class") {
      if element.has("coding") { element.elements("coding").forEach(body) } else { body(element) }
    }
    for concept in node.elements("type") where concept.kind == .object {
      (concept["concept"] ?? concept).elements("coding").forEach(body)
    }
    node.concept("serviceType")?.node.elements("coding").forEach(body)
    for identifier in node.elements("identifier") { body(identifier) }
  }
  /// When it took place (R4 `period`, R5 `actualPeriod`).
  package var period: Period? { (node["period"] ?? node["actualPeriod"]).map(Period.init) }
  /// The places of the stay.
  package var locations: [Location] { node.elements("location").map { Location(node: $0) } }
  /// The larger encounter of which this is a part.
  package var partOf: Reference? { node.reference("partOf") }
  /// Admission details (R4 `hospitalization`, R5 `admission`).
  package var admission: Node? { node["hospitalization"] ?? node["admission"] }
  /// Whose stay it is.
  package var subject: Reference? { node.reference("subject") }
}
