// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The access a client hands over for one call (cds-hooks 2.0, Passing the Access Token to the CDS Service).
///
/// The token lives in memory only: it is in no description, no error, no log and no record.
public struct FHIRAuthorization: Sendable, CustomStringConvertible, CustomReflectable {
  /// The bearer token itself. Only a request to the client's own FHIR server may carry it.
  package let accessToken: String
  /// Seconds the token lives.
  public let expiresIn: Int
  /// The scopes granted, SMART v1 or v2.
  public let scope: String
  /// The OAuth client id of this service.
  public let subject: String
  /// The patient the token is limited to, where it is.
  public let patient: String?

  /// The scopes that are about FHIR resources.
  public var scopes: [AccessScope] { AccessScope.list(scope) }

  /// Whether the scopes let the token read or search resources of a type.
  ///
  /// True as well where no scope is about resources: what such a token may do only the server knows.
  public func permits(_ permissions: AccessScope.Permissions, on type: String) -> Bool {
    let scopes = scopes
    guard !scopes.isEmpty else { return true }
    var granted: AccessScope.Permissions = []
    for scope in scopes where scope.resourceType == nil || scope.resourceType == type {
      granted.formUnion(scope.permissions)
    }
    return granted.isSuperset(of: permissions)
  }

  /// The description says that there is a token, not which.
  public var description: String { "FHIRAuthorization(token withheld)" }
  /// A mirror without the token, so that dumping a request cannot show it.
  public var customMirror: Mirror { Mirror(self, children: [:]) }

  /// Reads the member; nil when a required part is missing or not usable.
  package init?(_ node: Node) {
    guard let token = node["access_token"]?.string, !token.isEmpty,
      let type = node["token_type"]?.string, type.lowercased() == "bearer",
      let expires = node["expires_in"]?.double, let seconds = Int(exactly: expires),
      let scope = node["scope"]?.string, !scope.isEmpty,
      let subject = node["subject"]?.string, !subject.isEmpty
    else { return nil }
    accessToken = token
    expiresIn = seconds
    self.scope = scope
    self.subject = subject
    patient = node["patient"]?.string
  }
}
