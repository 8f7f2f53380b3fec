// SPDX-License-Identifier: Apache-2.0

/// One place where a request departs from the specification and was understood all the same.
///
/// A deviation never carries text of the request: a known member's path and the kind, no more.
public struct Deviation: Sendable, Hashable {
  /// What real clients do. The raw values are permanent: they name counters and stand in the audit record.
  public enum Kind: String, Sendable, CaseIterable {
    /// `patientId` or `encounterId` sent as `Type/id` or as a URL that ends so; read as the bare id.
    case typedIdentifier = "typed-identifier"
    /// An id with characters FHIR does not allow; kept as it came.
    case malformedIdentifier = "malformed-identifier"
    /// A member sent as `null`; read as absent.
    case nullMember = "null-member"
    /// An optional member sent as `""`, `[]` or `{}`; read as absent.
    case emptyMember = "empty-member"
    /// An optional member of the wrong JSON type; read as absent.
    case mistypedMember = "mistyped-member"
    /// A `hookInstance` that is not a UUID; kept as it came.
    case nonUUIDHookInstance = "non-uuid-hook-instance"
    /// The required `userId` is missing.
    case missingUser = "missing-user"
    /// A required member of the context other than the patient and the resources acted on is missing.
    case missingContextMember = "missing-context-member"
    /// A reference that is not `Type/id`.
    case malformedReference = "malformed-reference"
    /// A context member under a name of an earlier hook version.
    case formerMemberName = "former-member-name"
    /// `fhirServer` is not an absolute URL; read as absent.
    case malformedServer = "malformed-server"
    /// `fhirAuthorization` without a usable token; read as absent.
    case incompleteAuthorization = "incomplete-authorization"
    /// `fhirAuthorization` without `fhirServer`; read as absent.
    case authorizationWithoutServer = "authorization-without-server"
    /// A prefetch value in the wrapper `{response, resource}` of before 2018; unwrapped.
    case wrappedPrefetch = "wrapped-prefetch"
    /// A resource of the context in an object `{resource}`, as HL7's own example of allergyintolerance-create has it.
    case wrappedContextResource = "wrapped-context-resource"
    /// A prefetch value that is neither a resource nor null; not used.
    case prefetchNotResource = "prefetch-not-resource"
    /// A root member no version of the specification has; ignored.
    case unknownMember = "unknown-member"
    /// A prefetch Bundle that is not a searchset; its entries are used.
    case bundleNotSearchset = "bundle-not-searchset"
    /// `fhirServer` with the scheme http.
    case insecureServer = "insecure-server"
    /// Entries of a context Bundle without `fullUrl`.
    case entryWithoutFullURL = "entry-without-full-url"
    /// A `userId` of a type the hook does not name.
    case unexpectedUserType = "unexpected-user-type"
    /// An entry of `selections` that names no entry of `draftOrders`.
    case selectionWithoutOrder = "selection-without-order"
    /// A token of patient scopes without the patient it is limited to (cds-r-2, a SHOULD).
    case patientScopeWithoutPatient = "patient-scope-without-patient"

    /// Whether strict reading refuses it. The others break no SHALL of the specification.
    public var breaksSpecification: Bool {
      switch self {
      case .unknownMember, .bundleNotSearchset, .insecureServer, .entryWithoutFullURL, .unexpectedUserType,
        .selectionWithoutOrder, .patientScopeWithoutPatient:
        false
      default: true
      }
    }
  }

  /// What kind of departure.
  public let kind: Kind
  /// The known member it concerns, as a path from the root of the request.
  public let path: String
}
