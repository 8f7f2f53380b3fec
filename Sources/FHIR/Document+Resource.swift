// SPDX-License-Identifier: Apache-2.0

extension Document {
  /// Whether the document is one FHIR resource: an object that names a type of R4's schema.
  ///
  /// - Throws: `notAResource`.
  package func checkResource() throws(FHIRError) {
    guard let type = root.resourceType, !type.isEmpty else { throw FHIRError(.notAResource, offset: root.offset) }
  }
}
