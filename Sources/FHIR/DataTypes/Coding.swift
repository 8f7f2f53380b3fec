// SPDX-License-Identifier: Apache-2.0

/// A code with its system (R4 datatypes.html#Coding).
package struct Coding: Sendable {
  /// The element.
  package let node: Node

  package init(_ node: Node) { self.node = node }

  /// The code system's URI.
  package var system: String? { node["system"]?.string }
  /// The system's version.
  package var version: String? { node["version"]?.string }
  /// The code.
  package var code: String? { node["code"]?.string }
  /// The text shown for the code; never used to decide.
  package var display: String? { node["display"]?.string }

  /// Whether this is `code` of `system`. No allocation.
  package func matches(_ system: StaticString, _ code: StaticString) -> Bool {
    node["code"]?.equals(code) == true && node["system"]?.equals(system) == true
  }
}

/// A concept: codings that mean the same, and text (R4 datatypes.html#CodeableConcept).
package struct CodeableConcept: Sendable {
  /// The element.
  package let node: Node

  package init(_ node: Node) { self.node = node }

  /// The codings, in order.
  package var codings: [Coding] { node.elements("coding").map(Coding.init) }
  /// The text as entered; never matched to a signal.
  package var text: String? { node["text"]?.string }

  /// Whether one of the codings is `code` of `system`. No allocation.
  package func contains(_ system: StaticString, _ code: StaticString) -> Bool {
    node.elements("coding").contains { Coding($0).matches(system, code) }
  }
}

extension Node {
  /// The concept in the member `name`: a CodeableConcept, or the concept of R5's CodeableReference.
  package func concept(_ name: StaticString) -> CodeableConcept? {
    guard let member = elements(name).first, member.kind == .object else { return nil }
    return CodeableConcept(member["concept"] ?? member)
  }

  /// All concepts in the repeating member `name`.
  package func concepts(_ name: StaticString) -> [CodeableConcept] {
    elements(name).filter { $0.kind == .object }.map { CodeableConcept($0["concept"] ?? $0) }
  }

  /// Whether the element carries a modifier extension, which changes its meaning in a way that is not understood here
  /// (R4 extensibility.html#modifierExtension): whoever reads it must leave the element out.
  package var hasModifierExtension: Bool {
    // Absent in nearly every element.
    has("modifierExtension") && !elements("modifierExtension").isEmpty
  }

  /// Whether a modifier extension, or rules agreed upon elsewhere (R4 resource.html#implicitRules), change the meaning of
  /// the resource in a way that is not understood here.
  package var isModified: Bool { hasModifierExtension || has("implicitRules") }
}
