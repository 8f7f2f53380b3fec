// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A JSON object that is passed on as it is: the FHIR resource of an action, an `extension`.
///
/// Members keep their order and numbers their literals, so that nothing is lost on the way through.
public struct JSONObject: Sendable, Equatable {
  /// The object as a value to be written.
  package let json: JSON

  /// An object that has been built, or read as a part of a document.
  package init(_ json: JSON) {
    self.json = json
  }

  /// Reads an object from JSON text.
  ///
  /// - Throws: `CDSHooksError.malformedJSON`, `.tooLarge` or `.notAnObject` with the place.
  public init(_ text: [UInt8]) throws(CDSHooksError) {
    let document: Document
    do {
      document = try Document(text, syntax: .json)
    } catch {
      throw CDSHooksError(error)
    }
    guard document.root.kind == .object else { throw CDSHooksError(.notAnObject, offset: document.root.offset) }
    json = JSON(document.root)
  }

  /// The JSON text, UTF-8.
  public var encoded: [UInt8] { json.encoded() }
}
