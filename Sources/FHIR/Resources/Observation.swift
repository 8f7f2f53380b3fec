// SPDX-License-Identifier: Apache-2.0

/// A measurement or finding (R4 and R5 observation.html).
package struct Observation: Resource {
  package static let type: StaticString = "Observation"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// How far the result can be relied on (R4 valueset-observation-status.html).
  package enum Status: String, Sendable, CaseIterable {
    case registered, preliminary, final, amended, corrected, cancelled, unknown
    case enteredInError = "entered-in-error"
    /// R5: appended to a final one.
    case appended

    /// Whether a value may be read: there is one, and nobody took it back.
    package var isUsable: Bool {
      switch self {
      case .preliminary, .final, .amended, .corrected, .appended: true
      case .registered, .cancelled, .unknown, .enteredInError: false
      }
    }
  }

  /// Why a whole Observation is left out.
  package enum Exclusion: String, Sendable, CaseIterable {
    case status
    case modifierExtension = "modifier-extension"
  }

  /// The status; nil when absent or not one of FHIR's.
  package var status: Status? { node["status"]?.string.flatMap(Status.init) }

  /// Why the observation must be left out; nil when it may be read. An absent or unknown status is one that may
  /// not be relied on.
  package var exclusion: Exclusion? {
    guard let code = node["status"], Status.isUsable(code.index, code.tape.view) else { return .status }
    return node.isModified ? .modifierExtension : nil
  }

  /// What was observed.
  package var code: CodeableConcept? { node.concept("code") }
  /// The codings of what was observed.
  package var codings: [Coding] { code?.codings ?? [] }
  /// The kinds of observation.
  package var categories: [CodeableConcept] { node.concepts("category") }
  /// Whose observation it is.
  package var subject: Reference? { node.reference("subject") }
  /// During which encounter it was made (STU3 `context`).
  package var encounter: Reference? { node.reference("encounter") ?? node.reference("context") }
  /// By which device.
  package var device: Reference? { node.reference("device") }
  /// The result; nil when there is none. See `dataAbsentReason`.
  package var value: Value? { Value(of: node) }
  /// Why there is no value.
  package var dataAbsentReason: CodeableConcept? { node.concept("dataAbsentReason") }
  /// The parts of a panel such as blood pressure, each with a code and a value of its own.
  package var components: [Component] { node.elements("component").map { Component(node: $0) } }
  /// Members of a panel that are Observations of their own.
  package var members: [Reference] { node.references("hasMember") }
  /// Observations this one was derived from.
  package var derivedFrom: [Reference] { node.references("derivedFrom") }

  /// One part of an observation.
  package struct Component: Sendable {
    /// The element.
    package let node: Node
    /// What was observed.
    package var code: CodeableConcept? { node.concept("code") }
    /// The result.
    package var value: Value? { Value(of: node) }
    /// Why there is no value.
    package var dataAbsentReason: CodeableConcept? { node.concept("dataAbsentReason") }
    /// Whether it must be left out.
    package var isExcluded: Bool { node.hasModifierExtension }
  }
}
