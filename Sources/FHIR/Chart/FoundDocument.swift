// SPDX-License-Identifier: Apache-2.0

/// A document whose resource has been found by the thread that parsed it, so that gathering has less to do.
package struct FoundDocument: Sendable {
  package let document: Document
  let resource: GatheredResource?

  /// Nil when a chart neither reads a resource of this type nor finds it by reference where its views do: what is left of
  /// a population's export is not worth keeping.
  package init?(_ document: Document) {
    resource = GatheredResource(document.root.tape.view, number: 0, index: document.root.index)
    if let resource, resource.kind == .other, !Self.isReferredTo(resource) { return nil }
    self.document = document
  }

  /// Whether a resource of a type that charts do not read is found by reference.
  static func isReferredTo(_ resource: GatheredResource) -> Bool {
    resource.type.equals("Location") || resource.type.equals("Medication")
  }
}
