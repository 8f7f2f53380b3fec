// SPDX-License-Identifier: Apache-2.0

extension Document {
  /// The document in a syntax, lossless: read again, the bytes give an equal document. Number literals keep their
  /// text, the narrative its own; comments and processing instructions of XML, which are no content, are left out.
  ///
  /// - Throws: what the target syntax or R4's schema cannot hold, at its place: control characters in XML
  ///   (`forbiddenCharacter`), members R4 does not know (`unknownElement`), values of another kind or number than the
  ///   schema's (`wrongShape`), empty values (`emptyValue`), a narrative that is not XHTML (`badNarrative`).
  package func converted(to syntax: Syntax) throws(FHIRError) -> [UInt8] {
    if let unknown = issues.first(where: { $0.code == "unknown-element" || $0.code == "unknown-resource" }) {
      throw FHIRError(.unknownElement, offset: unknown.offset, path: unknown.path)
    }
    let bytes: [UInt8]
    switch syntax {
    case .json: bytes = JSON(root).encoded()
    case .xml: bytes = try XMLWriter.write(root)
    }
    // What was written is read before it is handed out: no loss can pass unseen.
    var limits = Limits.files
    limits.depth = 1_000
    guard try Document(bytes, syntax: syntax, limits: limits).root == root else { throw FHIRError(.wrongShape) }
    return bytes
  }
}

extension JSON {
  /// The FHIR XML of a resource to be emitted; throws as `Document.converted` does.
  package func encodedXML() throws(FHIRError) -> [UInt8] {
    try Document(encoded(), syntax: .json, limits: .files).converted(to: .xml)
  }
}
