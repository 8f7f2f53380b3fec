// SPDX-License-Identifier: Apache-2.0

/// A report over observations (R4 diagnosticreport.html).
package struct DiagnosticReport: Resource {
  package static let type: StaticString = "DiagnosticReport"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// registered, partial, preliminary, final, ...
  package var status: String? { node["status"]?.string }
  /// Whether it must be left out: in error, cancelled, or modified.
  package var isExcluded: Bool {
    ["entered-in-error", "cancelled"].contains(status ?? "") || node.isModified
  }
  /// What was reported.
  package var code: CodeableConcept? { node.concept("code") }
  /// When what is reported was so.
  package var effective: (start: DateTime?, end: DateTime?)? {
    node.timeOrPeriod("effectiveDateTime", "effectivePeriod")
  }
  /// The observations reported.
  package var results: [Reference] { node.references("result") }
  /// On whom.
  package var subject: Reference? { node.reference("subject") }
}

/// An apparatus (R4 device.html).
package struct Device: Resource {
  package static let type: StaticString = "Device"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// active, inactive, entered-in-error, ...
  package var status: String? { node["status"]?.string }
  /// What kind of apparatus; one in R4, several in R5.
  package var types: [CodeableConcept] { node.concepts("type") }
  /// Whose it is, where it belongs to one patient.
  package var subject: Reference? { node.reference("patient") }
}
