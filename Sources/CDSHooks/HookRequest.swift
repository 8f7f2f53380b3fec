// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A call of a service: `POST {baseUrl}/cds-services/{id}` (cds-hooks 2.0 and 3.0 ballot, Calling a CDS Service).
public struct HookRequest: Sendable {
  /// How a client is read.
  public enum Reading: Sendable, Equatable {
    /// Departures that can be understood are normalised and listed in `deviations`.
    case tolerant
    /// Departures that break the specification are refused, all of them named.
    case strict
  }

  /// The hook that fired.
  public let hook: String
  /// The id of this firing: a UUID unless `deviations` says otherwise, without `urn:uuid:`.
  public let hookInstance: String
  /// Base URL of the client's FHIR server.
  public let fhirServer: String?
  /// The access handed over with the call.
  public let fhirAuthorization: FHIRAuthorization?
  /// What the user is doing.
  public let context: HookContext
  /// The prefetched values, in the order they came; then what was fetched for keys that did not come.
  public internal(set) var prefetch: [PrefetchValue]
  /// Every departure from the specification, in document order.
  public let deviations: [Deviation]
  /// The `extension` object, whose content is agreed between client and service.
  package let extensions: Node?

  /// The value the client sent for a key, or nil when it sent none.
  public func prefetched(_ key: String) -> PrefetchValue? {
    prefetch.first { $0.key == key }
  }

  /// Reads a request from the bytes of a body.
  ///
  /// - Throws: `CDSHooksError` with the HTTP status and the place.
  public init(_ bytes: [UInt8], reading: Reading = .tolerant) throws(CDSHooksError) {
    let document: Document
    do {
      document = try Document(bytes, syntax: .json)
    } catch {
      throw CDSHooksError(error)
    }
    try self.init(document, reading: reading)
  }

  /// Reads a request from JSON that has been parsed.
  package init(_ document: Document, reading: Reading = .tolerant) throws(CDSHooksError) {
    var reader = RequestReader()
    self = try reader.request(document.root)
    if reading == .strict {
      let refused = deviations.filter(\.kind.breaksSpecification)
      guard refused.isEmpty else {
        throw CDSHooksError(.strictViolation, path: refused.first?.path, deviations: refused)
      }
    }
  }

  init(
    hook: String, hookInstance: String, fhirServer: String?, fhirAuthorization: FHIRAuthorization?,
    context: HookContext, prefetch: [PrefetchValue], deviations: [Deviation], extensions: Node?
  ) {
    self.hook = hook
    self.hookInstance = hookInstance
    self.fhirServer = fhirServer
    self.fhirAuthorization = fhirAuthorization
    self.context = context
    self.prefetch = prefetch
    self.deviations = deviations
    self.extensions = extensions
  }
}
